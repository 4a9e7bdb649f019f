//go:build !simd

package main

import "crypto/sha256"

// Goes with the Go release.
const (
	name    = "go-crypto-sha256"
	call    = "sha256.Sum256(message)"
	library = "crypto/sha256"
)

func sum(message []byte) [32]byte { return sha256.Sum256(message) }
