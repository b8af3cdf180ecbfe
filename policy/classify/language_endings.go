package classify

import "strings"

// endings are 2 to 4 bytes at the end of longer words that speak for a language.
var endings = [...]struct{ code, endings string }{
	{"en", "ing tion ness ally ould ight"},
	{"de", "ung ungs keit heit lich isch eren chen"},
	{"fr", "eux eur euse ique elle ment aire"},
	{"es", "ción cion dad ando iendo mos ería"},
	{"pt", "ção são ção dade ções ões inho ndo"},
	{"it", "zione are ere ità tto tta zza ggio"},
	{"nl", "heid lijk ijk aan oor eken ing"},
	{"sv", "het orna erna arna ning igt"},
	{"da", "hed ning erne else ede"},
	{"no", "het ning ene else ert"},
	{"fi", "ssa ssä sta stä lla llä nen aan een iin taan ksi uun"},
	{"pl", "ość ego ych owa ami iego ując"},
	{"cs", "ého ých ost ami ové"},
	{"sk", "ého ých osť ami ové ovať"},
	{"hu", "ban ben nak nek ság ség val vel ról"},
	{"ro", "ului ilor ește ții rea"},
	{"hr", "ima ova nje oga ije"},
	{"tr", "lar ler dir yor mak mek ının inin lık"},
	{"id", "kan nya an kah"},
	{"ca", "ció itat ment ixen"},
	{"et", "mine dest sse ks"},
}

// wordEndings finds the languages of an ending. It is not changed once built.
var wordEndings = indexEndings()

func indexEndings() *index {
	m := map[string][]uint8{}
	for _, e := range endings {
		for l := range latin {
			if latin[l].code == e.code {
				for w := range strings.FieldsSeq(e.endings) {
					m[w] = append(m[w], uint8(l)) //nolint:gosec // a handful
				}
			}
		}
	}
	return newIndex(m)
}
