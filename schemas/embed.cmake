# Writes a binary schema into a C++ file as an array, 16-aligned: reflection reads 64-bit fields in place.
file(READ ${IN} hex HEX)
file(SIZE ${IN} size)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE ${OUT} "namespace spate::${NAME} {
extern const unsigned char bfbs[];
extern const unsigned long bfbs_size;
alignas(16) const unsigned char bfbs[] = {${bytes}};
const unsigned long bfbs_size = ${size};
}
")
