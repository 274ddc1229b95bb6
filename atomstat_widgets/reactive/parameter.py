"""What a parameter of a model tells about itself, for the page, the command line, sessions and scripts."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from traitlets import Any as AnyTrait
from traitlets import HasTraits, TraitError, TraitType

from atomstat_widgets.data.code import plain

Trait = TypeVar("Trait", bound=TraitType[Any, Any])


class Data(AnyTrait):
    """What is analysed, which is never nothing; each model says what else it takes."""

    allow_none = False


def parameter(
    trait: Trait,
    *,
    label: str,
    help: str,
    unit: str = "",
    option: str = "",
    argument: Mapping[str, Any] | None = None,
    follows: str = "",
    to_json: Callable[[Any], Any] = plain,
    from_json: Callable[[Any], Any] | None = None,
) -> Trait:
    """Make a trait a parameter of its model.

    Parameters
    ----------
    trait : TraitType
    label : str
        Its name on the page.
    help : str
        One sentence without its full stop, which is the tooltip on the page and the explanation on the command line.
    unit : str
        Of its value, such as 'px' or 'frames'.
    option : str
        Its name on the command line, where that is not the name of the trait.
    argument : mapping, optional
        How the command line takes it, as keywords of ``add_argument``. By default it is that of
        the type of trait; a trait of a type that has none is no option.
    follows : str
        Parameter whose value it has on the command line where it is not given itself.
    to_json : callable
        Makes what JSON knows of a value that is not None; by default numbers, words and lists of these.
    from_json : callable, optional
        Makes a value of that again. It is called with whatever a model is made with, and gives values back as they are.
        Not needed where the trait takes the plain form.

    Returns
    -------
    TraitType
        The same one, tagged.
    """
    trait.help = help  # where traitlets has it; the rest is metadata
    return trait.tag(
        parameter=True, label=label, unit=unit, option=option, argument=argument, follows=follows,
        to_json=to_json, from_json=from_json,
    )  # fmt: skip


def label_of(model: HasTraits, name: str) -> str:
    """Label of a parameter."""
    return str(model.trait_metadata(name, "label", ""))


def help_of(model: HasTraits, name: str) -> str:
    """Explanation of a parameter."""
    return model.traits()[name].help


def to_json(trait: TraitType[Any, Any], value: Any) -> Any:
    """Value of a parameter as JSON knows it."""
    value = None if value is None else trait.metadata.get("to_json", plain)(value)
    return list(value) if isinstance(value, tuple) else value


def from_json(trait: TraitType[Any, Any], value: Any) -> Any:
    """Value of a parameter from what JSON has for it; a value is given back."""
    made = trait.metadata.get("from_json")
    return value if made is None or value is None else made(value)


def require_known(given: Iterable[str], taken: Iterable[str], parameters: Iterable[str]) -> None:
    """Raise a TraitError for the first name given that is not taken; it says which parameters there are."""
    if strange := sorted(set(given) - set(taken)):
        raise TraitError(f"there is no parameter {strange[0]}; there are {', '.join(parameters)}")
