"""Random numbers that are the same on every array namespace: a hash of counters in 64-bit integer arithmetic.

The Array API has no random numbers, and no two frameworks draw the same. Each round adds an input and raises to the
fifth power modulo the Mersenne prime 2³¹ - 1, a permutation since 5 does not divide 2³¹ - 2; rounds of that kind are
how MiMC (Albrecht et al. 2016) hashes. Products stay below 2⁶².
"""

from s2s_toolkit.arrays import Array, Namespace

PRIME = 2**31 - 1
ROUND_CONSTANTS = (1_013_904_223, 362_436_069, 521_288_629, 88_675_123, 1_597_334_677)


def mix(*inputs: Array) -> Array:
    """Hash integer arrays that broadcast together, values below 2³¹, to integers in [0, 2³¹ - 1)."""
    state = inputs[0] * 0
    for number, value in enumerate((*inputs, inputs[0])):  # one round more than there are inputs
        state = _fifth_power((state + value + ROUND_CONSTANTS[number % len(ROUND_CONSTANTS)]) % PRIME)
    return state


def uniform(xp: Namespace, *inputs: Array) -> Array:
    """Float32 numbers in (0, 1) from integer arrays: the upper 23 bits of their hash, so that every value is exact."""
    return (xp.astype(mix(*inputs) // 2**8, xp.float32) + 0.5) * 2**-23


def fingerprint(xp: Namespace, ids: Array) -> Array:
    """Hash each row of ids (B, S) to (B, 1); padding, which is 0, changes nothing."""
    positions = xp.cumulative_sum(xp.ones_like(ids), axis=1)
    return xp.sum(xp.where(ids == 0, 0, mix(ids, positions)), axis=1, keepdims=True) % PRIME


def _fifth_power(x: Array) -> Array:
    square = x * x % PRIME
    return square * square % PRIME * x % PRIME
