package extproc

import "testing"

func TestAStreamIsToldByItsFirstBytes(t *testing.T) {
	for name, row := range map[string]struct {
		body     string
		is, sure bool
	}{
		"data":                           {body: "data: {", is: true, sure: true},
		"data without a space":           {body: "data:{", is: true, sure: true},
		"an event's name":                {body: "event: message_start", is: true, sure: true},
		"an id":                          {body: "id: 1", is: true, sure: true},
		"a time to reconnect":            {body: "retry: 10", is: true, sure: true},
		"a comment":                      {body: ": ping", is: true, sure: true},
		"a byte order mark first":        {body: "\xef\xbb\xbfdata: {", is: true, sure: true},
		"blank lines first":              {body: "\r\n\n data: {", is: true, sure: true},
		"nothing yet":                    {},
		"half a byte order mark":         {body: "\xef\xbb"},
		"blank lines alone":              {body: "\n\n"},
		"half a name":                    {body: "\nda"},
		"the beginning of two":           {body: "e"},
		"JSON":                           {body: "{", sure: true},
		"JSON lines":                     {body: "{\"a\":1}\n{", sure: true},
		"a page":                         {body: "<html>", sure: true},
		"a word that begins like one":    {body: "database", sure: true},
		"a name without its colon":       {body: "data {", sure: true},
		"the bytes of an event of AWS's": {body: "\x00\x00\x00", sure: true},
	} {
		t.Run(name, func(t *testing.T) {
			if is, sure := beginsStream([]byte(row.body)); is != row.is || sure != row.sure {
				t.Errorf("is %v, sure %v", is, sure)
			}
		})
	}
}
