# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""Rows into Arrow buffers in one walk: the compiled form of `dlt.formats.pages`.

Each key has a column, each column one vector for every kind of value that came under it, and each vector a growing
buffer of values. Values are copied when a row is added, so a program may go on to change it. A row that holds what has
no column here is refused, and the rest stays.
"""

import datetime
import decimal
import uuid

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.datetime cimport (
    PyDate_CheckExact,
    PyDateTime_CheckExact,
    PyTime_CheckExact,
    date_day,
    date_month,
    date_year,
    datetime_day,
    datetime_hour,
    datetime_microsecond,
    datetime_minute,
    datetime_month,
    datetime_second,
    datetime_tzinfo,
    datetime_year,
    import_datetime,
    time_hour,
    time_microsecond,
    time_minute,
    time_second,
    time_tzinfo,
)
from cpython.dict cimport PyDict_Next
from cpython.object cimport PyObject
from cpython.ref cimport Py_XDECREF, Py_XINCREF
from libc.stdint cimport INT32_MAX, int32_t, int64_t, uint8_t, uint32_t
from libc.stdlib cimport free, realloc
from libc.string cimport memcpy, memset

import pyarrow as pa

from dlt.io.typed_json import TooDeep, simplify
from dlt.schema.documents import is_strict, json_text

import_datetime()

cdef extern from "Python.h":
    bint PyLong_CheckExact(object)
    bint PyFloat_CheckExact(object)
    bint PyUnicode_CheckExact(object)
    bint PyDict_CheckExact(object)
    bint PyList_CheckExact(object)
    bint PyBytes_CheckExact(object)
    long long PyLong_AsLongLongAndOverflow(object, int*) except? -1
    double PyFloat_AS_DOUBLE(object)
    const char* PyUnicode_AsUTF8AndSize(object, Py_ssize_t*) except NULL
    bint PyUnicode_IS_COMPACT_ASCII(object)
    Py_ssize_t PyUnicode_GET_LENGTH(object)
    void* PyUnicode_DATA(object)
    char* PyByteArray_AS_STRING(object)

cdef extern from *:
    """
    /* Multiply a number of 128 bits by ten and add a digit; limbs of 32 bits, the lowest first: not every compiler has
       a type for it. */
    static void dlt_append_digit(uint32_t* limbs, uint32_t digit) {
        uint64_t carry = digit;
        int place;
        for (place = 0; place < 4; place++) {
            carry += (uint64_t)limbs[place] * 10;
            limbs[place] = (uint32_t)carry;
            carry >>= 32;
        }
    }
    static void dlt_negate(uint32_t* limbs) {
        uint64_t carry = 1;
        int place;
        for (place = 0; place < 4; place++) {
            carry += (uint32_t)~limbs[place];
            limbs[place] = (uint32_t)carry;
            carry >>= 32;
        }
    }
    """
    void dlt_append_digit(uint32_t* limbs, uint32_t digit) noexcept nogil
    void dlt_negate(uint32_t* limbs) noexcept nogil

cdef object UTC = datetime.timezone.utc
cdef type DECIMAL = decimal.Decimal
cdef type UUID = uuid.UUID

cdef enum Kind:
    INT, FLOAT, BOOL, TEXT, AWARE, NAIVE, DAY, TIME, BYTES, DECIMALS, JSON, DICT, LIST

cdef enum:
    MICROS = 1000000
    PLACES = 9
    DIGITS = 38
    # Arrow's stream format takes 64 levels, the column and the batch among them
    LEVELS = 60
    # cells from which on a table of documents may have at most so many for each value
    MANY = 2000000
    SPARSE = 40

# the first moment of the year 1 and the last one of the year 9999: what is beyond could not be read again
cdef int64_t FIRST = -62135596800 * <int64_t>MICROS
cdef int64_t LAST = 253402300800 * <int64_t>MICROS - 1


class Refused(ValueError):
    """A row holds what has no column here."""


cdef struct Buffer:
    char* data
    Py_ssize_t size
    Py_ssize_t room


cdef inline int reserve(Buffer* buffer, Py_ssize_t more) except -1:
    cdef Py_ssize_t room
    cdef char* data
    if buffer.size + more > buffer.room:
        room = buffer.room * 2 if buffer.room else 256
        while room < buffer.size + more:
            room *= 2
        data = <char*>realloc(buffer.data, room)
        if data == NULL:
            raise MemoryError
        buffer.data = data
        buffer.room = room
    return 0


cdef inline int zeros(Buffer* buffer, Py_ssize_t count) except -1:
    reserve(buffer, count)
    memset(buffer.data + buffer.size, 0, count)
    buffer.size += count
    return 0


cdef inline int push64(Buffer* buffer, int64_t value) except -1:
    reserve(buffer, 8)
    (<int64_t*>(buffer.data + buffer.size))[0] = value
    buffer.size += 8
    return 0


cdef inline int push32(Buffer* buffer, int32_t value) except -1:
    reserve(buffer, 4)
    (<int32_t*>(buffer.data + buffer.size))[0] = value
    buffer.size += 4
    return 0


cdef object taken(Buffer* buffer):
    return pa.py_buffer(buffer.data[: buffer.size] if buffer.size else b"")


cdef object packed(Buffer* buffer):
    cdef Py_ssize_t count = buffer.size, i
    cdef bytearray bits = bytearray((count + 7) // 8)
    cdef uint8_t* target = <uint8_t*>PyByteArray_AS_STRING(bits)
    for i in range(count):
        target[i >> 3] |= <uint8_t>buffer.data[i] << (i & 7)
    return pa.py_buffer(bits)


cdef inline int64_t days_of(int year, int month, int day) noexcept:
    """Return the days since 1970 of a day of the Gregorian calendar, in which a year begins in March."""
    cdef int64_t era
    cdef int of_era, of_year
    if month <= 2:
        year -= 1
    era = (year if year >= 0 else year - 399) // 400
    of_era = <int>(year - era * 400)
    of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


cdef int scaled(object value, uint32_t* limbs) except -1:
    """Give a decimal as a whole number of billionths; refuse one of more digits or places."""
    cdef Py_ssize_t size, position
    # held until it was read
    written = str(value)
    cdef const char* text = PyUnicode_AsUTF8AndSize(written, &size)
    cdef char[DIGITS] figures
    cdef int digits = 0, places = 0, exponent = 0, figure
    cdef bint negative = False, point = False, minus = False
    cdef char sign
    for position in range(size):
        sign = text[position]
        if 48 <= sign <= 57:
            if digits or sign != 48:
                if digits == DIGITS:
                    raise Refused("a decimal of more than 38 digits")
                figures[digits] = sign - 48
                digits += 1
            places += point
        elif sign == 46:
            point = True
        elif sign == 45 and position == 0:
            negative = True
        elif sign == 69:
            # an exponent is at most 19 digits, and of no use from four on
            for position in range(position + 1, size):
                sign = text[position]
                if sign == 45:
                    minus = True
                elif 48 <= sign <= 57 and exponent < 1000:
                    exponent = exponent * 10 + (sign - 48)
            break
        else:
            raise Refused("no finite decimal")
    memset(limbs, 0, 16)
    if not digits:
        return 0
    places += exponent if minus else -exponent
    while places > PLACES and digits > 1 and figures[digits - 1] == 0:
        digits -= 1
        places -= 1
    if places > PLACES:
        raise Refused("a decimal of more than 9 places")
    if digits + PLACES - places > DIGITS:
        raise Refused("a decimal of more than 38 digits")
    for figure in range(digits):
        dlt_append_digit(limbs, figures[figure])
    for figure in range(PLACES - places):
        dlt_append_digit(limbs, 0)
    if negative:
        dlt_negate(limbs)
    return 0


cdef class Vector:
    """Values of one kind under one key; rows without one are filled in when the next one comes."""

    cdef Kind kind
    cdef Py_ssize_t length, nulls
    cdef Buffer valid, values, offsets
    cdef Struct struct
    cdef Column items

    def __cinit__(self, Kind kind):
        self.kind = kind
        self.valid = self.values = self.offsets = Buffer(NULL, 0, 0)

    def __dealloc__(self):
        free(self.valid.data)
        free(self.values.data)
        free(self.offsets.data)

    cdef int begin(self, Py_ssize_t row) except -1:
        """Fill in the rows before this one."""
        cdef Py_ssize_t count = row - self.length, i
        cdef int32_t end
        if count <= 0:
            return 0
        self.nulls += count
        zeros(&self.valid, count)
        if self.kind in (TEXT, BYTES, JSON, LIST):
            end = <int32_t>(self.items.length if self.kind == LIST else self.values.size)
            for i in range(count):
                push32(&self.offsets, end)
        elif self.kind == BOOL:
            zeros(&self.values, count)
        elif self.kind == DAY:
            zeros(&self.values, 4 * count)
        elif self.kind == DECIMALS:
            zeros(&self.values, 16 * count)
        elif self.kind != DICT:
            zeros(&self.values, 8 * count)
        self.length = row
        return 0

    cdef inline int end(self) except -1:
        reserve(&self.valid, 1)
        self.valid.data[self.valid.size] = 1
        self.valid.size += 1
        self.length += 1
        return 0

    cdef int push_bytes(self, const char* data, Py_ssize_t size) except -1:
        if self.values.size + size > INT32_MAX:
            raise Refused("more than Arrow's texts of one page hold")
        reserve(&self.values, size)
        push32(&self.offsets, <int32_t>self.values.size)
        if size:
            memcpy(self.values.data + self.values.size, data, size)
        self.values.size += size
        return 0

    cdef object array(self, Py_ssize_t rows):
        cdef object valid
        self.begin(rows)
        valid = packed(&self.valid) if self.nulls else None
        if self.kind == DICT:
            fields, arrays = self.struct.arrays(rows)
            return pa.Array.from_buffers(pa.struct(fields), rows, [valid], children=arrays)
        if self.kind == BOOL:
            return pa.Array.from_buffers(pa.bool_(), rows, [valid, packed(&self.values)])
        if self.kind in (TEXT, BYTES, JSON):
            push32(&self.offsets, <int32_t>self.values.size)
            kind = pa.binary() if self.kind == BYTES else pa.string()
            return pa.Array.from_buffers(kind, rows, [valid, taken(&self.offsets), taken(&self.values)])
        if self.kind == LIST:
            push32(&self.offsets, <int32_t>self.items.length)
            items = self.items.array()
            return pa.Array.from_buffers(pa.list_(items.type), rows, [valid, taken(&self.offsets)], children=[items])
        return pa.Array.from_buffers(TYPES[self.kind], rows, [valid, taken(&self.values)])


cdef dict TYPES = {
    INT: pa.int64(),
    FLOAT: pa.float64(),
    AWARE: pa.timestamp("us", "UTC"),
    NAIVE: pa.timestamp("us"),
    DAY: pa.date32(),
    TIME: pa.time64("us"),
    DECIMALS: pa.decimal128(DIGITS, PLACES),
}
JSON_FIELD = {b"dlt.type": b"json"}


cdef class Column:
    """All values under one key, or all items of the lists under one: a vector for each kind, as they first came."""

    cdef list vectors
    cdef Vector last
    cdef Py_ssize_t length
    cdef list log
    cdef bint in_list, flat
    # its key and the function that tells whether documents under it stay whole, until it was asked
    cdef object key, kept_whole
    cdef bint whole

    def __cinit__(self, list log, bint in_list=False, bint flat=False, key=None, kept_whole=None):
        self.vectors = []
        self.log = log
        self.in_list = in_list
        self.flat = flat
        self.key = key
        self.kept_whole = kept_whole
        self.whole = False

    cdef Vector vector(self, Kind kind, Py_ssize_t row):
        cdef Vector found
        if self.last is not None and self.last.kind == kind:
            found = self.last
        else:
            for found in self.vectors:
                if found.kind == kind:
                    break
            else:
                found = self.made(kind)
            self.last = found
        if found.length < row:
            found.begin(row)
        return found

    cdef Vector made(self, Kind kind):
        cdef Vector other, found
        for other in self.vectors:
            if JSON in (other.kind, kind):
                raise Refused("documents and scalars under a key that is kept whole")
            if other.kind + kind == AWARE + NAIVE and AWARE in (other.kind, kind):
                raise Refused("moments with and without a zone")
            if self.in_list and other.kind == DICT and not {"list", "value"}.isdisjoint(other.struct.by_key):
                raise Refused("keys of documents and items of other kinds meet")
        if self.flat and kind in (DICT, LIST):
            raise Refused("documents with a limit of nesting")
        found = Vector(kind)
        if kind == DICT:
            found.struct = Struct(self.log)
            if self.in_list:
                found.struct.owner = <PyObject*>self
        elif kind == LIST:
            found.items = Column(self.log, in_list=True)
        self.vectors.append(found)
        self.log.append((self, found))
        return found

    cdef bint stays_whole(self) except -1:
        if self.kept_whole is not None:
            self.whole = self.kept_whole(self.key)
            self.kept_whole = None
        return self.whole

    cdef int forget(self, Vector vector) except -1:
        """Take back a vector that a refused row has brought."""
        self.vectors.remove(vector)
        self.last = None
        return 0

    cdef int put(self, Py_ssize_t row, object value, int level) except -1:
        """Copy a value of a row."""
        cdef Vector vector
        cdef int overflow = 0
        cdef int64_t number
        cdef uint32_t[4] billionths
        cdef Py_ssize_t size
        cdef const char* text
        cdef double real
        if value is None:
            return 0
        if PyUnicode_CheckExact(value):
            if PyUnicode_IS_COMPACT_ASCII(value):
                text, size = <const char*>PyUnicode_DATA(value), PyUnicode_GET_LENGTH(value)
            else:
                text = PyUnicode_AsUTF8AndSize(value, &size)
            vector = self.vector(TEXT, row)
            vector.push_bytes(text, size)
        elif PyLong_CheckExact(value):
            number = PyLong_AsLongLongAndOverflow(value, &overflow)
            if overflow:
                raise Refused("an int beyond 64 bits")
            vector = self.vector(INT, row)
            push64(&vector.values, number)
        elif value is True or value is False:
            vector = self.vector(BOOL, row)
            reserve(&vector.values, 1)
            vector.values.data[vector.values.size] = value is True
            vector.values.size += 1
        elif PyFloat_CheckExact(value):
            vector = self.vector(FLOAT, row)
            real = PyFloat_AS_DOUBLE(value)
            reserve(&vector.values, 8)
            (<double*>(vector.values.data + vector.values.size))[0] = real
            vector.values.size += 8
        elif PyDict_CheckExact(value):
            if self.stays_whole():
                return self.put_document(row, value)
            if level >= LEVELS:
                raise TooDeep
            vector = self.vector(DICT, row)
            # first of all: what is refused inside must leave a vector whose parts agree
            vector.end()
            vector.struct.put(row, <dict>value, level + 1)
            return 0
        elif PyList_CheckExact(value):
            if self.stays_whole():
                return self.put_document(row, value)
            if level >= LEVELS:
                raise TooDeep
            vector = self.vector(LIST, row)
            push32(&vector.offsets, <int32_t>vector.items.length)
            vector.end()
            for item in <list>value:
                vector.items.put(vector.items.length, item, level + 1)
                vector.items.length += 1
                if vector.items.length == INT32_MAX:
                    raise Refused("more than Arrow's lists of one page hold")
            return 0
        elif PyDateTime_CheckExact(value):
            number = days_of(datetime_year(value), datetime_month(value), datetime_day(value)) * 24
            number = ((number + datetime_hour(value)) * 60 + datetime_minute(value)) * 60 + datetime_second(value)
            number = number * MICROS + datetime_microsecond(value)
            zone = datetime_tzinfo(value)
            if zone is None:
                vector = self.vector(NAIVE, row)
            else:
                if zone is not UTC:
                    offset = value.utcoffset()
                    if offset is None:
                        raise Refused("a zone without an offset")
                    number -= (<int64_t>offset.days * 86400 + <int64_t>offset.seconds) * MICROS + <int64_t>offset.microseconds
                    if number < FIRST or number > LAST:
                        raise Refused("a moment outside of the years 1 to 9999")
                vector = self.vector(AWARE, row)
            push64(&vector.values, number)
        elif type(value) is DECIMAL:
            scaled(value, billionths)
            vector = self.vector(DECIMALS, row)
            reserve(&vector.values, 16)
            memcpy(vector.values.data + vector.values.size, billionths, 16)
            vector.values.size += 16
        elif PyDate_CheckExact(value):
            vector = self.vector(DAY, row)
            push32(&vector.values, <int32_t>days_of(date_year(value), date_month(value), date_day(value)))
        elif PyTime_CheckExact(value):
            if time_tzinfo(value) is not None:
                raise Refused("a time with a zone")
            number = ((<int64_t>time_hour(value) * 60 + time_minute(value)) * 60 + time_second(value)) * MICROS
            vector = self.vector(TIME, row)
            push64(&vector.values, number + time_microsecond(value))
        elif PyBytes_CheckExact(value):
            vector = self.vector(BYTES, row)
            vector.push_bytes(PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value))
        else:
            return self.put_other(row, value, level)
        vector.end()
        return 0

    cdef int put_other(self, Py_ssize_t row, object value, int level) except -1:
        """Copy what the value is in terms of dict, list and scalars, if it is anything else than itself."""
        if level >= LEVELS:
            raise TooDeep
        simple = simplify(value, level)
        if type(simple) is type(value):
            raise Refused(f"no column for {type(value)}")
        return self.put(row, simple, level + 1)

    cdef int put_document(self, Py_ssize_t row, object value) except -1:
        cdef Vector vector
        cdef Py_ssize_t size
        cdef const char* data
        text = json_text(simplify(value))
        if not is_strict(text):
            raise Refused("a document with lone surrogates")
        data = PyUnicode_AsUTF8AndSize(text, &size)
        vector = self.vector(JSON, row)
        vector.push_bytes(data, size)
        vector.end()
        return 0

    cdef object array(self):
        """Return all items of lists; several kinds as structs, the way that row by row they become documents."""
        cdef Vector vector
        if not self.vectors:
            return pa.nulls(self.length)
        if len(self.vectors) == 1:
            return (<Vector>self.vectors[0]).array(self.length)
        fields, arrays = [], []
        for vector in self.vectors:
            if vector.kind == DICT:
                vector.begin(self.length)
                found = vector.struct.arrays(self.length)
                fields += found[0]
                arrays += found[1]
            else:
                array = vector.array(self.length)
                arrays.append(array)
                fields.append(pa.field("list" if vector.kind == LIST else "value", array.type))
        return pa.StructArray.from_arrays(arrays, fields=fields)


cdef class Struct:
    """The columns of documents, by key."""

    cdef dict by_key
    # the column of items that has this one: counted, it would be a cycle, and nothing freed before the collector runs
    cdef PyObject* owner
    # the key at each position of the last row, and its column: rows mostly have their keys in one order, and often
    # the very same objects
    cdef PyObject** keys
    cdef PyObject** columns
    cdef Py_ssize_t positions
    cdef Py_ssize_t cells
    cdef list log
    cdef object kept_whole
    cdef bint nested

    def __cinit__(self, list log, kept_whole=None, bint nested=True):
        self.by_key = {}
        self.log = log
        self.owner = NULL
        self.kept_whole = kept_whole
        self.nested = nested

    def __dealloc__(self):
        cdef Py_ssize_t position
        for position in range(self.positions):
            Py_XDECREF(self.keys[position])
        free(self.keys)
        free(self.columns)

    cdef int put(self, Py_ssize_t row, dict value, int level) except -1:
        cdef PyObject* key
        cdef PyObject* cell
        cdef Py_ssize_t place = 0, position = 0, dense
        cdef Column column
        while PyDict_Next(value, &place, &key, &cell):
            # held: a zone, for one, is asked for its offset, and code of the program could take the value away
            item = <object>cell
            if position < self.positions and self.keys[position] == key:
                column = <Column>self.columns[position]
            else:
                name = <object>key
                column = self.column(name)
                self.remember(position, <PyObject*>name, column)
            column.put(row, item, level)
            position += 1
        self.cells += position
        dense = len(self.by_key) * (row + 1)
        if dense > MANY and dense > SPARSE * self.cells:
            raise Refused("so many sparse keys would not fit in memory")
        return 0

    cdef Column column(self, object key):
        if not PyUnicode_CheckExact(key):
            raise Refused("a key that is no text")
        found = self.by_key.get(key)
        if found is not None:
            return <Column>found
        # Arrow's schema takes no other
        key.encode()
        if self.owner != NULL and key in ("list", "value") and len((<Column>self.owner).vectors) > 1:
            raise Refused("keys of documents and items of other kinds meet")
        column = Column(self.log, flat=not self.nested, key=key, kept_whole=self.kept_whole)
        self.by_key[key] = column
        self.log.append((self, key))
        return column

    cdef int forget(self, object key) except -1:
        """Take back a column that a refused row has brought."""
        cdef Py_ssize_t position
        del self.by_key[key]
        for position in range(self.positions):
            Py_XDECREF(self.keys[position])
            self.keys[position] = NULL
        return 0

    cdef int remember(self, Py_ssize_t position, PyObject* key, Column column) except -1:
        cdef Py_ssize_t more
        cdef PyObject** grown
        if position >= self.positions:
            more = position * 2 + 16
            grown = <PyObject**>realloc(self.keys, more * sizeof(PyObject*))
            if grown == NULL:
                raise MemoryError
            self.keys = grown
            memset(self.keys + self.positions, 0, (more - self.positions) * sizeof(PyObject*))
            grown = <PyObject**>realloc(self.columns, more * sizeof(PyObject*))
            if grown == NULL:
                raise MemoryError
            self.columns = grown
            self.positions = more
        # it must not be freed while it is compared with: another key could come to lie at its address
        Py_XINCREF(key)
        Py_XDECREF(self.keys[position])
        self.keys[position] = key
        self.columns[position] = <PyObject*>column
        return 0

    cdef tuple arrays(self, Py_ssize_t rows):
        cdef Column column
        cdef Vector vector
        fields, arrays = [], []
        for key, column in self.by_key.items():
            for vector in column.vectors:
                array = vector.array(rows)
                arrays.append(array)
                fields.append(pa.field(key, array.type, metadata=JSON_FIELD if vector.kind == JSON else None))
        if not arrays:
            # a struct without fields would not keep the number of rows
            return [pa.field("", pa.null())], [pa.nulls(rows)]
        return fields, arrays


cdef class Rows:
    """Take rows until they are given out as a record batch.

    Args:
        kept_whole: Tells whether the dicts and lists of a key stay whole, as JSON text.
        nested: False refuses rows with other dicts and lists.
        most_rows: Number of rows of a batch.
        most_cells: Number of rows by columns of a batch.
    """

    cdef Struct struct
    cdef list log
    cdef object kept_whole
    cdef bint nested
    cdef Py_ssize_t length, most_rows, most_cells
    cdef readonly bint has_refused

    def __cinit__(self, kept_whole=None, bint nested=True, Py_ssize_t most_rows=10000, Py_ssize_t most_cells=2000000):
        self.kept_whole = kept_whole
        self.nested = nested
        self.most_rows = most_rows
        self.most_cells = most_cells
        self.log = []
        self.start()

    cdef int start(self) except -1:
        self.struct = Struct(self.log, self.kept_whole, self.nested)
        self.length = 0
        self.has_refused = False
        return 0

    def __len__(self):
        return self.length

    cdef bint full(self) noexcept:
        return self.has_refused or self.length >= self.most_rows or self.length * len(self.struct.by_key) >= self.most_cells

    @property
    def is_full(self):
        """Tell whether the rows are to be taken before others are added: there are enough, or one was refused."""
        return self.full()

    def add(self, list rows, Py_ssize_t first=0):
        """Copy rows until there are enough for a batch, or one of them is refused.

        Args:
            rows: The rows.
            first: Position of the first one that is taken.

        Returns:
            Position of the first one that was not.
        """
        cdef Py_ssize_t position = first
        # what code of the program that is called here leaves of the list
        while position < len(rows) and not self.full():
            item = rows[position]
            try:
                if not PyDict_CheckExact(item):
                    item = simplify(item)
                    if not PyDict_CheckExact(item):
                        raise Refused("no document")
                self.struct.put(self.length, <dict>item, 0)
            except (TypeError, ValueError, ArithmeticError, RecursionError):
                # the exact form takes it, or says what is wrong
                self.take_back()
                break
            except BaseException:
                self.take_back()
                raise
            self.length += 1
            position += 1
            if self.log:
                self.log.clear()
        return position

    cdef int take_back(self) except -1:
        """Forget what a row has brought; what it left behind the values of other rows is beyond their length."""
        self.has_refused = True
        for place, what in reversed(self.log):
            if isinstance(place, Column):
                (<Column>place).forget(<Vector>what)
            else:
                (<Struct>place).forget(what)
        self.log.clear()
        return 0

    def take(self):
        """Return the rows as a record batch and begin anew; None where there are none."""
        cdef Py_ssize_t rows = self.length
        cdef Struct struct = self.struct
        self.start()
        if not rows:
            return None
        fields, arrays = struct.arrays(rows)
        return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))
