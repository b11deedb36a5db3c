# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Values as rows of COPY ... (FORMAT binary) in one walk: the compiled form of `dlt.destinations.impl.postgres.blocks`.

Columns are looked at one by one first, for the number of bytes. Then the rows are written, into memory of that size.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

import pyarrow as pa

cdef extern from *:
    """
    /* Compilers make one instruction of each. */
    static void dlt_put16(uint8_t* out, uint16_t value) {
        out[0] = (uint8_t)(value >> 8);
        out[1] = (uint8_t)value;
    }
    static void dlt_put32(uint8_t* out, uint32_t value) {
        out[0] = (uint8_t)(value >> 24);
        out[1] = (uint8_t)(value >> 16);
        out[2] = (uint8_t)(value >> 8);
        out[3] = (uint8_t)value;
    }
    static void dlt_put64(uint8_t* out, uint64_t value) {
        out[0] = (uint8_t)(value >> 56);
        out[1] = (uint8_t)(value >> 48);
        out[2] = (uint8_t)(value >> 40);
        out[3] = (uint8_t)(value >> 32);
        out[4] = (uint8_t)(value >> 24);
        out[5] = (uint8_t)(value >> 16);
        out[6] = (uint8_t)(value >> 8);
        out[7] = (uint8_t)value;
    }
    """
    void dlt_put16(uint8_t* out, uint16_t value) noexcept nogil
    void dlt_put32(uint8_t* out, uint32_t value) noexcept nogil
    void dlt_put64(uint8_t* out, uint64_t value) noexcept nogil

cdef enum Kind:
    NOTHING, BITS, TWO_BYTES, FOUR_BYTES, EIGHT_BYTES, BYTES, DECIMALS

cdef enum:
    # a group of a numeric is a digit to this base
    BASE = 10000
    TWO_GROUPS = 100000000
    NEGATIVE = 0x4000
    # 32 bits each, of decimal256
    LIMBS = 8

cdef uint32_t[5] TENS
TENS[:] = [1, 10, 100, 1000, 10000]

cdef dict KINDS = {
    pa.null(): NOTHING,
    pa.bool_(): BITS,
    pa.int16(): TWO_BYTES,
    pa.int32(): FOUR_BYTES,
    pa.int64(): EIGHT_BYTES,
    pa.float64(): EIGHT_BYTES,
    pa.binary(): BYTES,
}


cdef struct Column:
    Kind kind
    # where all bits say that there is a value, none
    const uint8_t* valid
    # of a slice: the first value that counts
    Py_ssize_t first
    const uint8_t* values
    # of BYTES: where they begin in `values`; one more than there are values
    const int32_t* ends
    # a byte before each value
    bint has_before
    uint8_t before
    uint64_t less
    # of DECIMALS: the width of a value, the digits behind the point, and the groups that each field has
    int limbs
    int scale
    int groups


def rows(Py_ssize_t count, fields, arrays):
    """Return the rows of some columns.

    Args:
        count: How many rows there are, one at least.
        fields: What the columns are.
        arrays: Their values, as `Field.converted` gives them. Nobody else may write into them meanwhile.

    Raises:
        ValueError: an array has fewer rows, or less memory than it says.
    """
    cdef int width = len(arrays), number
    cdef Py_ssize_t size = 2 * count
    cdef bytes made
    cdef uint8_t* out
    # one more: memory of no bytes need not be any
    cdef Column* columns = <Column*>calloc(width + 1, sizeof(Column))
    if columns == NULL:
        raise MemoryError
    try:
        for number, (field, values) in enumerate(zip(fields, arrays, strict=True)):
            size += described(&columns[number], count, field, values)
        made = PyBytes_FromStringAndSize(NULL, size)
        out = <uint8_t*>PyBytes_AS_STRING(made)
        with nogil:
            write(out, columns, width, count)
        return made
    finally:
        free(columns)


cdef Py_ssize_t described(Column* column, Py_ssize_t count, field, values) except -1:
    """Look at a column, and return how many bytes its fields need."""
    cdef Py_ssize_t nulls = values.null_count, needed, held
    cdef bytes before = field.before
    kind = values.type
    if len(values) != count:
        raise ValueError(f"{len(values)} values for {count} rows")
    column.kind = KINDS.get(kind, DECIMALS)
    if column.kind == NOTHING:
        return 4 * count
    if column.kind == DECIMALS and not pa.types.is_decimal(kind):
        raise ValueError(f"values of the type {kind} are not written")
    buffers = values.buffers()
    column.first = values.offset
    if nulls:
        column.valid = memory(buffers[0], (column.first + count + 7) // 8)
    column.less = <uint64_t><int64_t>field.less
    if column.kind == BYTES:
        if before:
            [column.before] = before
            column.has_before = True
        column.ends = <const int32_t*>memory(buffers[1], (column.first + count + 1) * 4)
        held = buffers[2].size if buffers[2] is not None else 0
        column.values = memory(buffers[2], 0)
        with nogil:
            needed = bytes_of(column, count, held)
        if needed < 0:
            raise ValueError("the ends of values do not follow each other")
        return 4 * count + column.has_before * (count - nulls) + needed
    if column.kind == BITS:
        column.values = memory(buffers[1], (column.first + count + 7) // 8)
        return 4 * count + (count - nulls)
    needed = kind.bit_width // 8
    column.values = memory(buffers[1], (column.first + count) * needed)
    if column.kind == DECIMALS:
        column.limbs, column.scale = needed // 4, kind.scale
        if not 4 <= column.limbs <= LIMBS or column.limbs % 2 or column.scale < 0:
            raise ValueError(f"values of the type {kind} are not written")
        with nogil:
            column.groups = groups_of(column, count)
        needed = 8 + 2 * column.groups
    return 4 * count + needed * (count - nulls)


cdef const uint8_t* memory(buffer, Py_ssize_t least) except? NULL:
    """Return where a buffer begins that the array holds, and has as many bytes as are read of it."""
    if buffer is None or buffer.size < least:
        if least == 0:
            return NULL
        raise ValueError(f"a buffer of {0 if buffer is None else buffer.size} bytes where {least} are read")
    return <const uint8_t*><uintptr_t>buffer.address


cdef inline bint is_null(const Column* column, Py_ssize_t place) noexcept nogil:
    return column.valid != NULL and not (column.valid[place >> 3] >> (place & 7)) & 1


cdef Py_ssize_t bytes_of(const Column* column, Py_ssize_t count, Py_ssize_t held) noexcept nogil:
    """Return the bytes of all values, -1 if they do not follow each other in what the buffer holds."""
    cdef Py_ssize_t place, found = 0
    cdef int32_t start = column.ends[column.first], end
    if start < 0:
        return -1
    for place in range(column.first, column.first + count):
        end = column.ends[place + 1]
        if end < start:
            return -1
        if not is_null(column, place):
            found += end - start
        start = end
    return found if start <= held else -1


cdef inline bint magnitude(const Column* column, Py_ssize_t place, uint32_t* limbs) noexcept nogil:
    """Give a decimal without its sign, the lowest limb first; return whether it is negative."""
    cdef int limb
    cdef uint64_t carry = 1
    memcpy(limbs, column.values + place * column.limbs * 4, column.limbs * 4)
    if not limbs[column.limbs - 1] >> 31:
        return False
    for limb in range(column.limbs):
        carry += ~limbs[limb]
        limbs[limb] = <uint32_t>carry
        carry >>= 32
    return True


cdef inline int used_of(const uint32_t* limbs, int used) noexcept nogil:
    while used > 2 and limbs[used - 1] == 0:
        used -= 1
    return used


cdef uint32_t divided(uint32_t* limbs, int used, uint32_t divisor) noexcept nogil:
    """Divide a number in its place, and return the rest."""
    cdef uint64_t rest = 0
    while used:
        used -= 1
        rest = rest << 32 | limbs[used]
        limbs[used] = <uint32_t>(rest // divisor)
        rest %= divisor
    return <uint32_t>rest


cdef inline bint is_small(const Column* column, Py_ssize_t place, uint64_t* value, bint* negative) noexcept nogil:
    """Tell whether a decimal fits 64 bits, as most do; if so give it without its sign."""
    cdef const uint8_t* source = column.values + place * column.limbs * 4
    cdef int64_t low, other
    cdef int word
    memcpy(&low, source, 8)
    for word in range(1, column.limbs // 2):
        memcpy(&other, source + word * 8, 8)
        if other != (-1 if low < 0 else 0):
            return False
    negative[0] = low < 0
    value[0] = 0 - <uint64_t>low if low < 0 else <uint64_t>low
    return True


cdef int groups_of(const Column* column, Py_ssize_t count) noexcept nogil:
    """Return how many groups the largest value has; all fields of the column have them."""
    cdef uint32_t[LIMBS] limbs, top
    cdef uint64_t value, most = 0
    cdef Py_ssize_t place
    cdef int limb, used, found = 0
    cdef bint negative = False
    for limb in range(LIMBS):
        top[limb] = 0
    for place in range(column.first, column.first + count):
        if is_null(column, place):
            continue
        if is_small(column, place, &value, &negative):
            most = max(most, value)
            continue
        magnitude(column, place, limbs)
        limb = column.limbs - 1
        while limb and limbs[limb] == top[limb]:
            limb -= 1
        if limbs[limb] > top[limb]:
            memcpy(top, limbs, column.limbs * 4)
    used = used_of(top, column.limbs)
    # without larger ones it is 0; those just below 64 bits are in either
    if used == 2 and most > (<uint64_t>top[1] << 32 | top[0]):
        top[0], top[1] = <uint32_t>most, <uint32_t>(most >> 32)
    if column.scale & 3:
        divided(top, used, TENS[column.scale & 3])
        found = 1
    while True:
        used = used_of(top, used)
        if used == 2 and top[0] == 0 and top[1] == 0:
            break
        divided(top, used, BASE)
        found += 1
    return found if found else 1


cdef void write_decimal(uint8_t* out, const Column* column, Py_ssize_t place) noexcept nogil:
    cdef uint32_t[LIMBS] limbs
    cdef int used = 2, left = column.groups, last = column.scale & 3
    cdef bint negative = False
    cdef uint32_t pair
    cdef uint64_t value
    cdef uint8_t* groups = out + 8
    if not is_small(column, place, &value, &negative):
        negative = magnitude(column, place, limbs)
        used = used_of(limbs, column.limbs)
        # groups are aligned at the point
        if last and used > 2:
            left -= 1
            dlt_put16(groups + 2 * left, <uint16_t>(divided(limbs, used, TENS[last]) * TENS[4 - last]))
            last = 0
            used = used_of(limbs, used)
        # a number of more than 64 bits has two groups more
        while used > 2:
            pair = divided(limbs, used, TWO_GROUPS)
            left -= 2
            dlt_put16(groups + 2 * left, <uint16_t>(pair // BASE))
            dlt_put16(groups + 2 * left + 2, <uint16_t>(pair % BASE))
            used = used_of(limbs, used)
        value = <uint64_t>limbs[1] << 32 | limbs[0]
    # the weight is the power of 10,000 of the first group
    dlt_put16(out, <uint16_t>column.groups)
    dlt_put16(out + 2, <uint16_t>(column.groups - 1 - (column.scale + 3) // 4))
    dlt_put16(out + 4, NEGATIVE if negative else 0)
    dlt_put16(out + 6, <uint16_t>column.scale)
    if last:
        left -= 1
        # to divide by a number that the compiler knows is to multiply
        if last == 1:
            dlt_put16(groups + 2 * left, <uint16_t>(value % 10 * 1000))
            value //= 10
        elif last == 2:
            dlt_put16(groups + 2 * left, <uint16_t>(value % 100 * 100))
            value //= 100
        else:
            dlt_put16(groups + 2 * left, <uint16_t>(value % 1000 * 10))
            value //= 1000
    while left:
        left -= 1
        dlt_put16(groups + 2 * left, <uint16_t>(value % BASE))
        value //= BASE


cdef void write(uint8_t* out, const Column* columns, int width, Py_ssize_t count) noexcept nogil:
    cdef Py_ssize_t row, place, size
    cdef int number
    cdef const Column* column
    cdef uint16_t two
    cdef uint32_t four
    cdef uint64_t eight
    for row in range(count):
        dlt_put16(out, <uint16_t>width)
        out += 2
        for number in range(width):
            column = &columns[number]
            place = column.first + row
            if column.kind == NOTHING or is_null(column, place):
                dlt_put32(out, <uint32_t>-1)
                out += 4
            elif column.kind == EIGHT_BYTES:
                memcpy(&eight, column.values + place * 8, 8)
                dlt_put32(out, 8)
                dlt_put64(out + 4, eight - column.less)
                out += 12
            elif column.kind == BYTES:
                size = column.ends[place + 1] - column.ends[place]
                dlt_put32(out, <uint32_t>(size + column.has_before))
                out += 4
                if column.has_before:
                    out[0] = column.before
                    out += 1
                if size:
                    memcpy(out, column.values + column.ends[place], size)
                    out += size
            elif column.kind == DECIMALS:
                size = 8 + 2 * column.groups
                dlt_put32(out, <uint32_t>size)
                write_decimal(out + 4, column, place)
                out += 4 + size
            elif column.kind == FOUR_BYTES:
                memcpy(&four, column.values + place * 4, 4)
                dlt_put32(out, 4)
                dlt_put32(out + 4, four - <uint32_t>column.less)
                out += 8
            elif column.kind == BITS:
                dlt_put32(out, 1)
                out[4] = (column.values[place >> 3] >> (place & 7)) & 1
                out += 5
            else:
                memcpy(&two, column.values + place * 2, 2)
                dlt_put32(out, 2)
                dlt_put16(out + 4, two)
                out += 6
