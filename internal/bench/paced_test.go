package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestRequestsThatALateAnswerHeldUpCountFromTheirTimeOn(t *testing.T) {
	const held = 100 * time.Millisecond
	var answered atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if answered.Add(1) == 50 {
			time.Sleep(held)
		}
		w.Header()["content-length"] = []string{"2"} // as Envoy spells it
		_, _ = w.Write([]byte("ok"))
	}))
	defer server.Close()
	c, err := dial(t.Context(), strings.TrimPrefix(server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	request := []byte("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")
	const rate, turn = 500, 400 * time.Millisecond
	got, err := paced(t.Context(), []*client{c}, request, rate, turn, func() usage { return usage{} })
	if err != nil {
		t.Fatal(err)
	}
	if want := int(turn.Seconds() * rate); got.requests != want || len(got.whole) != want || got.all <= want {
		t.Errorf("%d requests counted with %d times, want %d; %d in all", got.requests, len(got.whole), want, got.all)
	}
	late := 0
	for _, d := range got.whole {
		if d > held/2 {
			late++
		}
	}
	if due := int(held.Seconds() * rate / 2); late < due {
		t.Errorf("%d requests took long, want at least the %d that were due meanwhile", late, due)
	}
}
