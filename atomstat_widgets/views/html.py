"""The door where text becomes HTML: what passes it is escaped, and escaped once."""

from html import escape


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def as_html(text: object) -> Html:
    """Text as HTML; what is HTML already stays as it is."""
    return text if isinstance(text, Html) else Html(escape(str(text)))


def alert(text: object) -> Html:
    """HTML of words about what went wrong."""
    return Html(f'<span class="atomstat-error" role="alert">{as_html(text)}</span>')
