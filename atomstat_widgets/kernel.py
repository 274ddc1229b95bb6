"""The kernel of a served session: IPython's, within the memory that a session may take."""

from ipykernel.kernelapp import launch_new_instance

from atomstat_widgets.data.memory import limit_memory

if __name__ == "__main__":
    limit_memory()
    launch_new_instance()
