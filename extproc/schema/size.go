package schema

// Size guesses how many bytes r takes when it is written in any format, rather too many than too few: an encoder that
// makes so much room at once does not copy large media again and again.
func (r *Request) Size() int {
	n := 1 << 10
	for i := range r.Messages {
		n += r.Messages[i].Size()
	}
	for i := range r.Tools {
		n += 128 + len(r.Tools[i].Description) + len(r.Tools[i].Parameters) + len(r.Tools[i].Raw)
	}
	return n + len(r.Output.Schema)
}

// Size is the same for one message.
func (m *Message) Size() int {
	n := 64
	for i := range m.Parts {
		n += m.Parts[i].size()
		for j := range m.Parts[i].Result {
			n += m.Parts[i].Result[j].size()
		}
	}
	return n
}

// size leaves room for escapes of text; base64 needs none.
func (p *Part) size() int {
	text := len(p.Text) + len(p.Args) + len(p.Media.Text)
	return 128 + text + text/16 + len(p.Media.Data) + len(p.Raw) + len(p.Signature)
}
