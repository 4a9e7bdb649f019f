//go:build !unix

package main

func cpuTime() int64 { return 0 }

func cpuText(int64) string { return "-" }
