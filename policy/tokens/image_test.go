package tokens

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
)

func TestImagesCountAsTheirProvidersDocumentIt(t *testing.T) {
	for name, row := range map[string]struct {
		model         string
		width, height int
		detail        Detail
		want          int
	}{
		"four tiles":                          {"gpt-4o", 1024, 1024, DetailHigh, 765},
		"a tall image is six tiles":           {"gpt-4o-2024-08-06", 2048, 4096, DetailHigh, 1105},
		"low detail is the base":              {"gpt-4o", 4096, 8192, DetailLow, 85},
		"newer models weigh less":             {"gpt-5", 1024, 1024, DetailAuto, 630},
		"patches below the cap":               {"gpt-4.1-mini", 1024, 1024, DetailAuto, 1659},
		"patches above it are scaled down":    {"o4-mini", 1800, 2400, DetailAuto, 2498},
		"a small image by its area":           {"claude-sonnet-4-5", 200, 200, DetailAuto, 54},
		"a square image by its area":          {"claude-sonnet-4-5", 1000, 1000, DetailAuto, 1334},
		"a huge image is scaled down":         {"eu.anthropic.claude-opus-4-1-v1:0", 8000, 8000, DetailAuto, 1600},
		"a thin image too":                    {"anthropic/claude-haiku-4-5", 15680, 750, DetailAuto, 157},
		"a small image is one crop":           {"gemini-2.5-flash", 384, 384, DetailAuto, 258},
		"a larger one is cut into crops":      {"models/gemini-2.5-pro", 769, 768, DetailAuto, 516},
		"a budget by resolution":              {"gemini-3-pro", 4000, 3000, DetailMedium, 560},
		"other models are counted by area":    {"llama-4", 750, 1000, DetailAuto, 1000},
		"low detail has no need of the size":  {"gpt-5", 0, 0, DetailLow, 70},
		"nor where the model is not known":    {"", 4096, 4096, DetailLow, 85},
		"unknown sizes are a round number":    {"gpt-4o", 0, 0, DetailAuto, UnknownImage},
		"absurd sizes are as good as unknown": {"gemini-2.5-pro", 1 << 30, 1 << 30, DetailAuto, UnknownImage},
		"a thread of an image does not fail":  {"gpt-5-mini", 1 << 20, 1, DetailAuto, 2489},
	} {
		t.Run(name, func(t *testing.T) {
			if got := ImageRuleOf(row.model).Tokens(Image{row.width, row.height, row.detail}); got != row.want {
				t.Errorf("%d, want %d", got, row.want)
			}
		})
	}
}

func TestDimensionsAreReadOffTheFirstBytes(t *testing.T) {
	img := image.NewPaletted(image.Rect(0, 0, 321, 123), color.Palette{color.Black, color.White})
	var p, j, g bytes.Buffer
	if err := png.Encode(&p, img); err != nil {
		t.Fatal(err)
	}
	if err := jpeg.Encode(&j, img, nil); err != nil {
		t.Fatal(err)
	}
	if err := gif.Encode(&g, img, nil); err != nil {
		t.Fatal(err)
	}
	comment := append([]byte("\xff\xd8\xff\xe1\xff\xf0"), make([]byte, 0xFFEE)...) // 64 KiB of EXIF
	for name, file := range map[string]string{
		"PNG": p.String(), "JPEG": j.String(), "GIF": g.String(), "JPEG with much EXIF": string(comment) + j.String()[2:],
		"WebP lossy":    "RIFF\x00\x00\x00\x00WEBPVP8 \x00\x00\x00\x00\x00\x00\x00\x9d\x01\x2a\x41\x01\x7b\x00",
		"WebP lossless": "RIFF\x00\x00\x00\x00WEBPVP8L\x00\x00\x00\x00\x2f\x40\x81\x1e\x00",
		"WebP extended": "RIFF\x00\x00\x00\x00WEBPVP8X\x00\x00\x00\x00\x00\x00\x00\x00\x40\x01\x00\x7a\x00\x00",
	} {
		t.Run(name, func(t *testing.T) {
			text := base64.StdEncoding.EncodeToString([]byte(file))
			for _, data := range []string{text, "data:image/x;base64," + text, strings.ReplaceAll("data:image/x;base64,"+text, "/", `\/`)} {
				if w, h, ok := Dimensions([]byte(data)); w != 321 || h != 123 || !ok {
					t.Errorf("%d by %d, %t", w, h, ok)
				}
			}
		})
	}
}

func FuzzDimensions(f *testing.F) {
	f.Add([]byte("iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB"))
	f.Add([]byte("/9j/4AAQSkZJRgABAQAAAQABAAD/"))
	f.Add([]byte("data:image/webp;base64,UklGRgAAAABXRUJQVlA4IA=="))
	f.Fuzz(func(t *testing.T, data []byte) {
		w, h, ok := Dimensions(data)
		if ok && (w <= 0 || h <= 0) {
			t.Errorf("%d by %d", w, h)
		}
		for _, f := range families {
			for _, detail := range []Detail{DetailAuto, DetailLow} {
				if n := f.rule.Tokens(Image{w, h, detail}); n <= 0 {
					t.Errorf("%s: %d", f.prefix, n)
				}
			}
		}
	})
}
