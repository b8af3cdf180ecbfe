package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// playHeld is `llmroute serve` with a page that collects garbage, gives free memory back to the system and tells what
// is left. /reset also forgets the peak.
func playHeld(ctx context.Context, addr, config string) error {
	lis, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	page := &http.Server{Handler: http.HandlerFunc(memoryPage), ReadHeaderTimeout: time.Second}
	go func() { _ = page.Serve(lis) }()
	defer page.Close()
	return playServe(ctx, config)
}

func memoryPage(w http.ResponseWriter, r *http.Request) {
	peak := peakMemory(os.Getpid()) * megabyte
	runtime.GC() // the first empties pools into their second rank, the next empties that
	runtime.GC()
	debug.FreeOSMemory()
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/stacks:bytes"}}
	metrics.Read(samples)
	if r.URL.Path == "/reset" { // proc(5), clear_refs
		_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // without it the peak is of the whole life, which is no less
	}
	fmt.Fprintf(w, "heap %d\nstack %d\nresident %.0f\npeak %.0f\n",
		samples[0].Value.Uint64(), samples[1].Value.Uint64(), memoryOf(os.Getpid(), "VmRSS:")*megabyte, peak)
}
