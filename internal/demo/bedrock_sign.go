package demo

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// signature is an AWS Signature Version 4, as the Authorization header has it:
//
//	AWS4-HMAC-SHA256 Credential=AKID/20250131/us-east-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date, Signature=hex
//
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
type signature struct {
	keyID   string
	scope   string // date/region/service/aws4_request
	headers []string
	hex     string
}

const signingAlgorithm = "AWS4-HMAC-SHA256"

func parseSignature(header string) (signature, error) {
	fields, found := strings.CutPrefix(header, signingAlgorithm+" ")
	if !found {
		return signature{}, errors.New("not signed")
	}
	var s signature
	for field := range strings.SplitSeq(fields, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch name {
		case "Credential":
			s.keyID, s.scope, _ = strings.Cut(value, "/")
		case "SignedHeaders":
			s.headers = strings.Split(value, ";")
		case "Signature":
			s.hex = value
		}
	}
	if s.keyID == "" || strings.Count(s.scope, "/") != 3 || s.hex == "" || !slices.Contains(s.headers, "host") {
		return signature{}, errors.New("signature lacks a part")
	}
	return s, nil
}

// verify reports whether the signature covers this very request. Its age is not judged.
func (s *signature) verify(r *http.Request, body []byte, secret string) bool {
	bodyHash := hexHash(body)
	if claimed := r.Header.Get("X-Amz-Content-Sha256"); claimed != "" && claimed != "UNSIGNED-PAYLOAD" && claimed != bodyHash {
		return false
	} else if claimed == "UNSIGNED-PAYLOAD" {
		bodyHash = claimed
	}
	canonical := strings.Join([]string{
		r.Method, canonicalPath(r.URL), canonicalQuery(r.URL.Query()), s.canonicalHeaders(r), strings.Join(s.headers, ";"), bodyHash,
	}, "\n")
	toSign := strings.Join([]string{signingAlgorithm, r.Header.Get("X-Amz-Date"), s.scope, hexHash([]byte(canonical))}, "\n")
	key := []byte("AWS4" + secret)
	for part := range strings.SplitSeq(s.scope, "/") {
		key = mac(key, part)
	}
	return hmac.Equal([]byte(hex.EncodeToString(mac(key, toSign))), []byte(s.hex))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func hexHash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// canonicalPath escapes the path as it was sent once more: all services but S3 do so.
func canonicalPath(u *url.URL) string { return awsEscape(u.EscapedPath(), "/") }

func canonicalQuery(q url.Values) string {
	var pairs []string
	for name, values := range q {
		for _, v := range values {
			pairs = append(pairs, awsEscape(name, "")+"="+awsEscape(v, ""))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

func (s *signature) canonicalHeaders(r *http.Request) string {
	var b strings.Builder
	for _, name := range s.headers {
		var value string
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = strconv.FormatInt(r.ContentLength, 10)
		default:
			value = strings.Join(r.Header.Values(name), ",")
		}
		b.WriteString(name + ":" + strings.Join(strings.Fields(value), " ") + "\n")
	}
	return b.String()
}

// awsEscape escapes all but RFC 3986's unreserved characters and those in keep.
func awsEscape(s, keep string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if toolName(s[i:i+1], 1) || c == '.' || c == '~' || strings.IndexByte(keep, c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.WriteString("%" + strings.ToUpper(hex.EncodeToString([]byte{c})))
	}
	return b.String()
}
