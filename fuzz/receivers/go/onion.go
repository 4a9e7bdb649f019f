package main

import (
	"bytes"
	"encoding/binary"
	"errors"
)

var errUnreadable = errors.New("not a part of an atomic payment")

// Part is what an HTLC says. Byte strings are keys of maps, and so they are strings.
type Part struct {
	version string
	// Its set: versions 1, 2 and 4 share a space of ids.
	set    string
	isZero bool
	// The name of its invoice, or what it begins with.
	name string
	// What all parts of a set say alike: n or total; commitment.
	count      uint64
	commitment string
	realm      byte
	amount     uint64
	cltv       uint64
	share      [32]byte
	weight     uint64
	index      uint32
}

func isZero[T ~string | ~[]byte](data T) bool {
	for i := 0; i < len(data); i++ {
		if data[i] != 0 {
			return false
		}
	}
	return true
}

func frames(data []byte) (part Part, err error) {
	if len(data) != 130 || data[21] < 1 || data[21] > 4 {
		return part, errUnreadable
	}
	body, name := data[22:33], string(data[65:97])
	used := [...]int{0, 8, 4, 11, 1}[data[21]]
	if !isZero(data[1:9]) || !isZero(body[used:]) || !isZero(data[33:65]) || data[129] != 0 {
		return part, errUnreadable
	}
	part = Part{
		version: [...]string{"", "basic", "adaptive", "committed", "tree"}[data[21]],
		set:     "id" + name,
		name:    name,
		realm:   data[0],
		amount:  binary.BigEndian.Uint64(data[9:]),
		cltv:    uint64(binary.BigEndian.Uint32(data[17:])),
		weight:  1,
	}
	copy(part.share[:], data[97:])
	switch part.version {
	case "basic":
		part.count = uint64(binary.BigEndian.Uint32(body))
		part.weight = uint64(binary.BigEndian.Uint32(body[4:]))
		if part.weight < 1 || part.weight > part.count {
			return part, errUnreadable
		}
	case "adaptive":
		part.count = uint64(binary.BigEndian.Uint32(body))
	case "committed":
		part.set, part.name, part.commitment = "committed"+string(body), string(body), name
	case "tree":
		part.index = uint32(body[0])
	}
	part.isZero = isZero(part.name)
	return part, nil
}

func payload(data []byte) (part Part, err error) {
	reader := reader{data: data}
	stream := reader.take(reader.bigSize())
	if !bytes.Equal(reader.data, make([]byte, 32)) || reader.failed {
		return part, errUnreadable
	}
	values, last := map[uint64][]byte{}, uint64(0)
	for reader.data = stream; len(reader.data) > 0 && !reader.failed; {
		kind := reader.bigSize()
		known := kind == 2 || kind == 4 || kind == 8 || kind == 14
		if len(values) > 0 && kind <= last || !known && kind%2 == 0 && kind < 1<<16 {
			return part, errUnreadable
		}
		last, values[kind] = kind, reader.take(reader.bigSize())
	}
	part = Part{version: "lnd", weight: 1}
	part.amount = reader.number(values[2], 8)
	part.cltv = reader.number(values[4], 4)
	if values[2] == nil || values[4] == nil || len(values[8]) < 32 || len(values[14]) < 64 {
		return part, errUnreadable
	}
	secret, set := string(values[8][:32]), string(values[14][32:64])
	part.count = reader.number(values[8][32:], 8)
	part.index = uint32(reader.number(values[14][64:], 4))
	copy(part.share[:], values[14])
	part.name, part.set = secret, "lnd"+secret+set
	if reader.failed || isZero(set) {
		return part, errUnreadable
	}
	return part, nil
}

// A reader remembers that something was wrong.
type reader struct {
	data   []byte
	failed bool
}

func (reader *reader) take(size uint64) []byte {
	if size > uint64(len(reader.data)) {
		reader.failed = true
		return nil
	}
	taken := reader.data[:size:size]
	reader.data = reader.data[size:]
	return taken
}

func (reader *reader) bigSize() uint64 {
	first := reader.take(1)
	if len(first) == 0 {
		return 0
	} else if first[0] < 253 {
		return uint64(first[0])
	}
	var value uint64
	for _, digit := range reader.take(1 << (first[0] - 252)) {
		value = value<<8 | uint64(digit)
	}
	least := [...]uint64{253, 1 << 16, 1 << 32}[first[0]-253]
	reader.failed = reader.failed || value < least
	return value
}

// number reads a big-endian integer without leading zeros.
func (reader *reader) number(data []byte, sizeMax int) (value uint64) {
	if len(data) > sizeMax || len(data) > 0 && data[0] == 0 {
		reader.failed = true
	}
	for _, digit := range data {
		value = value<<8 | uint64(digit)
	}
	return value
}
