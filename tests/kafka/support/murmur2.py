"""Kafka's murmur2 and the partition of a key, written from the algorithm, not from the engine."""

_MASK = 0xFFFFFFFF
_M = 0x5BD1E995


def murmur2(key):
    """As org.apache.kafka.common.utils.Utils.murmur2, unsigned."""
    hash_ = 0x9747B28C ^ len(key)
    whole = len(key) & ~3
    for at in range(0, whole, 4):
        word = int.from_bytes(key[at:at + 4], "little") * _M & _MASK
        word = (word ^ word >> 24) * _M & _MASK
        hash_ = hash_ * _M & _MASK ^ word
    if len(key) > whole:
        hash_ = (hash_ ^ int.from_bytes(key[whole:], "little")) * _M & _MASK
    hash_ = (hash_ ^ hash_ >> 13) * _M & _MASK
    return hash_ ^ hash_ >> 15


def partition_of(key, partitions):
    return (murmur2(key) & 0x7FFFFFFF) % partitions
