//go:build unix

package main

import (
	"strconv"
	"syscall"
)

// The process's CPU time: a goroutine may move from thread to thread, and the collector runs in others.
func cpuTime() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func cpuText(nanoseconds int64) string { return strconv.FormatInt(nanoseconds, 10) }
