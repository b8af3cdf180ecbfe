package catalog

import "strings"

// The spellings of a name, from the one that was said to the plainest. Each step takes something off:
//
//	step      said                                          plainer
//	resource  models/gemini-2.5-pro                         gemini-2.5-pro
//	          publishers/google/models/gemini-2.5-pro       gemini-2.5-pro
//	          arn:aws:bedrock:…::foundation-model/m         m
//	tuned     ft:gpt-4o-2024-08-06:acme::id                 ft:gpt-4o-2024-08-06
//	tag       llama3.1:70b, openai/gpt-5:free, m-v1:0       llama3.1, openai/gpt-5, m-v1
//	version   anthropic.claude-opus-4-6-v1                  anthropic.claude-opus-4-6
//	date      gpt-4o-2024-08-06, claude-opus-4-5@20251101   gpt-4o, claude-opus-4-5
//	latest    claude-haiku-4-5-latest, m@default            claude-haiku-4-5, m
//	geography eu.anthropic.claude-haiku-4-5 (Bedrock)       anthropic.claude-haiku-4-5
//
// Geography goes last, since a cross-region profile has a price of its own.
func spellings(name string) []string {
	all := make([]string, 0, 8)
	add := func(n string) {
		for n != "" {
			all = append(all, n)
			next := plainer(n)
			if next == n {
				return
			}
			n = next
		}
	}
	add(name)
	if r := resource(name); r != name {
		add(r)
		name = r
	}
	if g := withoutGeography(name); g != name {
		add(g)
	}
	return all
}

// plainer takes one thing off the end of a name: tuning, tag, version, date or "latest". A name without any is returned
// as it is, and no result is longer than what came in.
func plainer(n string) string {
	if rest, ok := strings.CutPrefix(n, "ft:"); ok {
		base, _, _ := strings.Cut(rest, ":")
		if base == rest {
			return "ft:" + withoutDate(base)
		}
		return "ft:" + base
	}
	if i := strings.LastIndexByte(n, ':'); i > strings.LastIndexByte(n, '/') && i > 0 {
		return n[:i]
	}
	for _, end := range [...]string{"-latest", "@latest", "@default"} {
		if rest, ok := strings.CutSuffix(n, end); ok && rest != "" {
			return rest
		}
	}
	if v := withoutVersion(n); v != n {
		return v
	}
	return withoutDate(n)
}

// withoutVersion takes off Bedrock's -v1, and -v2 after a date. Any other -v2 is a generation: deepseek-v3.
func withoutVersion(n string) string {
	i := strings.LastIndex(n, "-v")
	if i <= 0 || !digits(n[i+2:]) || !strings.Contains(n[:i], ".") {
		return n
	}
	if n[i+2:] == "1" || withoutDate(n[:i]) != n[:i] {
		return n[:i]
	}
	return n
}

// withoutDate takes off -20251001, @20251001 or -2024-08-06.
func withoutDate(n string) string {
	for _, size := range [...]int{len("-20060102"), len("-2006-01-02")} {
		cut := len(n) - size
		if cut <= 0 || (n[cut] != '-' && n[cut] != '@') {
			continue
		}
		date := n[cut+1:]
		if !strings.HasPrefix(date, "20") {
			continue
		}
		if size == len("-20060102") && digits(date) {
			return n[:cut]
		}
		if size == len("-2006-01-02") && date[4] == '-' && date[7] == '-' && digits(date[:4]+date[5:7]+date[8:]) {
			return n[:cut]
		}
	}
	return n
}

// resource takes the model out of a resource name.
func resource(n string) string {
	if strings.HasPrefix(n, "arn:") {
		return n[strings.LastIndexByte(n, '/')+1:]
	}
	if strings.HasPrefix(n, "models/") {
		return n[len("models/"):]
	}
	if i := strings.LastIndex(n, "/models/"); i >= 0 {
		return n[i+len("/models/"):]
	}
	return n
}

// geographies are the prefixes of Bedrock's cross-region inference profiles.
// https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html
var geographies = [...]string{"us", "eu", "apac", "global", "jp", "au", "ca", "sa", "us-gov"}

func withoutGeography(n string) string {
	head, rest, ok := strings.Cut(n, ".")
	if !ok {
		return n
	}
	for _, g := range geographies {
		if head == g {
			return rest
		}
	}
	return n
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
