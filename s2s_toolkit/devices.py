"""What `--device` and `--devices` mean; each framework says which devices there are."""

from collections.abc import Mapping

from s2s_toolkit.errors import UnsupportedError

AUTO, CPU = "auto", "cpu"


def chosen_devices(asked: str, count: int, there: Mapping[str, int]) -> list[str]:
    """Names of devices, such as "cuda:1"; a processor can be shared, so "cpu" may come several times.

    Args:
        asked: "cpu", a kind of accelerator, one by its number, or "auto": an accelerator if there is any.
        count: How many devices.
        there: How many accelerators of each kind a framework finds, the kind that it prefers first.

    Raises:
        UnsupportedError: There are not so many such devices.
    """
    found = {kind: [f"{kind}:{number}" for number in range(size)] for kind, size in there.items() if size}
    if asked == AUTO:
        asked = next(iter(found), CPU)
    if asked == CPU:
        return [CPU] * count
    chosen = found.get(asked) or [name for names in found.values() for name in names if name == asked]
    if len(chosen) < count:
        listed = ", ".join([CPU, *(name for names in found.values() for name in names)])
        many = f"{count} devices {asked!r}" if count > 1 else f"device {asked!r}"
        raise UnsupportedError(f"there {'are' if count > 1 else 'is'} no {many}; the framework finds: {listed}")
    return chosen[:count]
