package main

import (
	"crypto/sha256"
	"encoding/binary"
)

// match finds what claims each member; whether there is something for all.
func match(set *Set, root []byte) bool {
	child := func(index uint32, share []byte) ([32]byte, [32]byte) {
		bytes := append(append([]byte{}, root...), share...)
		preimage := sha256.Sum256(binary.BigEndian.AppendUint32(bytes, index))
		return preimage, sha256.Sum256(preimage[:])
	}
	children := uint32(set.count)
	if set.first.version == "committed" {
		children = uint32(len(set.members))
	}
	claims := map[[32]byte][32]byte{}
	for _, member := range set.members {
		var share []byte
		switch member.part.version {
		case "lnd":
			share = member.part.share[:]
			fallthrough
		case "tree":
			preimage, hash := child(member.part.index, share)
			claims[hash] = preimage
			if hash != member.hash {
				return false
			}
		default:
			for index := uint32(len(claims)) + 1; index <= children; index++ {
				preimage, hash := child(index, nil)
				claims[hash] = preimage
			}
		}
		preimage, found := claims[member.hash]
		if !found {
			return false
		}
		member.preimage = preimage
	}
	return true
}
