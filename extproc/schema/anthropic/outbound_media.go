package anthropic

import (
	"encoding/base64"
	"strings"

	"github.com/llmroute/llmroute/extproc/schema"
)

// imageTypes are those that the API takes.
//
// Source: https://platform.claude.com/docs/en/build-with-claude/vision
var imageTypes = []string{"image/jpeg", "image/png", "image/gif", "image/webp"}

// magics tell the type of data by the base64 of its first bytes, where the client does not.
var magics = []struct{ lead, mediaType string }{
	{"iVBORw0K", "image/png"},
	{"/9j/", "image/jpeg"},
	{"R0lGOD", "image/gif"},
	{"UklGR", "image/webp"},
	{"JVBERi", "application/pdf"},
}

// typeOf is the media type of inline data, without parameters.
func typeOf(m *schema.Media) string {
	mediaType, _, _ := strings.Cut(m.Type, ";")
	mediaType = strings.ToLower(strings.TrimSpace(mediaType))
	if mediaType == "image/jpg" {
		return "image/jpeg"
	}
	if mediaType != "" && mediaType != "application/octet-stream" && mediaType != "image/*" {
		return mediaType
	}
	for _, magic := range magics {
		if strings.HasPrefix(m.Data, magic.lead) {
			return magic.mediaType
		}
	}
	if strings.HasSuffix(strings.ToLower(m.Filename), ".pdf") {
		return "application/pdf"
	}
	return mediaType
}

func isWeb(link string) bool {
	return strings.HasPrefix(link, "https://") || strings.HasPrefix(link, "http://")
}

func (o *outbound) takesImage(m *schema.Media) bool {
	if m.Data != "" {
		mediaType := typeOf(m)
		for _, known := range imageTypes {
			if mediaType == known {
				return true
			}
		}
		return false
	}
	return o.fetches(m.URL) || m.FileID != "" && o.own
}

// fetches reports whether the API takes the link: https alone, of other formats' clients.
func (o *outbound) fetches(link string) bool {
	return strings.HasPrefix(link, "https://") || o.own && isWeb(link)
}

func (o *outbound) writeImage(m *schema.Media) { o.writeSource(m, typeOf(m)) }

// writeSource writes "source" for data of a type, a link or an upload.
func (o *outbound) writeSource(m *schema.Media, mediaType string) {
	w := &o.w
	w.Key("source").Open('{')
	switch {
	case m.Data != "":
		w.Key("type").String("base64")
		w.Key("media_type").String(mediaType)
		w.Key("data").Plain(m.Data)
	case m.URL != "":
		w.Key("type").String("url")
		w.Key("url").String(m.URL)
	default:
		w.Key("type").String("file")
		w.Key("file_id").String(m.FileID)
	}
	w.Close('}')
}

// takesFile: PDF, inline or by URL, and text.
//
// Source: https://platform.claude.com/docs/en/build-with-claude/pdf-support
func (o *outbound) takesFile(m *schema.Media) bool {
	if m.Data != "" {
		_, isText := textOf(m)
		return isText || typeOf(m) == "application/pdf"
	}
	mediaType := typeOf(m)
	return m.Text != "" || m.FileID != "" && o.own || o.fetches(m.URL) && (mediaType == "" || mediaType == "application/pdf")
}

// textOf decodes inline data of a text type.
func textOf(m *schema.Media) (string, bool) {
	mediaType := typeOf(m)
	if !strings.HasPrefix(mediaType, "text/") && mediaType != "application/json" && mediaType != "application/xml" {
		return "", false
	}
	text, err := base64.StdEncoding.DecodeString(m.Data)
	return string(text), err == nil
}

func (o *outbound) writeFile(m *schema.Media) {
	text, isText := m.Text, m.Text != ""
	if m.Data != "" {
		text, isText = textOf(m)
	}
	if isText {
		o.writeText(text)
	} else {
		o.writeSource(m, "application/pdf")
	}
	if m.Filename != "" {
		o.w.Key("title").String(m.Filename)
	}
}

// writeText writes "source" for a document that is text.
func (o *outbound) writeText(text string) {
	w := &o.w
	w.Key("source").Open('{')
	w.Key("type").String("text")
	w.Key("media_type").String("text/plain")
	w.Key("data").String(text)
	w.Close('}')
}
