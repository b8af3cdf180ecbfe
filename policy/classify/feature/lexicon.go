package feature

import (
	"strings"
	"unicode/utf8"
)

// kind is a kind of work that words point to. Each has a place in Prompt.Dense.
type kind uint8

const (
	noKind kind = iota
	ofCode
	ofMath
	ofExtraction
	ofClassification
	ofTranslation
	ofSummary
	ofCreative
	ofRoleplay
	ofReasoning
	ofTalk
	kinds
)

// kindWords are words in lower case, parted by spaces, in the languages that prompts are most often in. Of Chinese and
// Japanese, whose words are not parted, they are pairs of signs.
var kindWords = [kinds]string{
	ofCode: `code function functions method methods class python javascript typescript golang go rust java kotlin swift php ruby c cpp csharp
		scala perl haskell sql mysql postgres postgresql sqlite mongodb redis regex regexp bug bugs debug refactor compile compiler stacktrace
		traceback exception api apis endpoint rest graphql algorithm implement implementation script bash shell powershell linux terminal html css
		react vue angular django flask node npm pip async await thread threads mutex pointer array arrays string strings integer integers loop
		recursion recursive variable variables boolean struct enum interface def func import return const null nil undefined docker dockerfile
		kubernetes yaml git github commit merge unittest pytest junit mock database query queries index indices indexes table stored procedure
		stack queue hashmap dictionary linked node tree json xml csv http server client library framework package module lambda async decorator
		funktion skript programm klasse fonction programme función programa código funzione programma função код функцию функция класс скрипт
		программу 代码 函数 编程 程序 算法 实现 関数 コー プロ 코드 함수 코드를 함수를 كود दस्तावेज़`,
	ofMath: `solve equation equations integral derivative differentiate calculate compute probability theorem polynomial matrix determinant
		eigenvalue triangle circle radius area perimeter volume algebra geometry arithmetic modulo remainder divisible prime primes sqrt percent
		percentage fraction sum product quotient multiply divide divided integer integers angle degrees logarithm log sine cosine sin cos tan
		vector function f(x) x y prove real numbers altogether total many cost costs sequence series odd even dice coin coins gleichung ableitung
		wahrscheinlichkeit nullstellen berechne bestimme summe équation dérivée probabilité calcule aire rayon résous ecuación derivada
		probabilidad suma calcula área resuelve найдите вычисли уравнение сумму производную вероятность решите 求函 求解 方程 概率 数列 等差 等比
		确率 確率 求め 計算 计算 最小 最大 面积 확률 방정식`,
	ofExtraction: `extract list find identify retrieve pull parse entities entity json csv table fields field schema array names dates numbers
		addresses emails mentioned extrahiere extrais extrae extraire extraia estrai извлеки извлечь 提取 抜き 抽出 추출해줘 추출 استخرج`,
	ofClassification: `classify classification categorize categorise category categories label labels sentiment positive negative neutral spam
		toxic toxicity intent tag urgent priority topic entailment contradiction emotion klassifiziere stimmung classe classez clasifica sentimiento
		classifique classifica классифицируй тональность 分类 判断 正面 负面 情感 分類 肯定 否定 분류해줘 분류 sarcastic formal`,
	ofTranslation: `translate translation translated translating übersetze übersetzung übersetzen traduis traduire traduction traduce traducir
		traducción traduza traduzir tradução traduci traduzione переведи перевести перевод 翻译 译成 翻訳 訳し 訳す 번역해줘 번역 ترجم अनुवाद
		vertaal przetłumacz přelož çevir localize english french german spanish italian portuguese japanese chinese korean russian arabic hindi
		dutch polish finnish swedish turkish greek englisch französisch spanisch anglais espagnol inglés francés английский 英文 法语 英語 phrase`,
	ofSummary: `tl summarize summarise summary summaries tldr condense recap takeaways shorten overview gist highlights abstract boil brief
		zusammenfassung fasse zusammen résume résumé résumer resume resumen resumir riassumi riassunto resuma resumo изложи кратко перескажи
		总结 摘要 概括 要約 요약해줘 요약 لخص सारांश samenvatting points main`,
	ofCreative: `poem poems story stories haiku lyrics song sonnet novel fiction slogan slogans tagline taglines brainstorm limerick screenplay
		rhyme myth fairy tale write compose draft letter blog post essay article scene dialogue speech toast email caption joke advert headline
		gedicht geschichte dichte reim schreibe poème histoire écris conte cuento poesía poema escribe poesia racconto scrivi escreva стихотворение
		рассказ сказку напиши 写一 一首 小说 故事 诗歌 物語 短い 俳句 시를 이야기 써줘 قصيدة कविता कहानी`,
	ofRoleplay: `roleplay pretend act persona character role imagine embody impersonate play acting yourself spiele rolle joue rôle actúa papel
		interpreta finja recita fingi притворись представь 扮演 假设 假装 语气 なり 演じ 역할 해적 तुम`,
	ofReasoning: `riddle puzzle logic logical deduce infer premises conclusion argument fallacy truth lies liar liars guards suspect reasoning
		therefore implies older younger taller shorter tallest shortest left right behind facing weigh pros cons tradeoffs evaluate analyze analyse
		compare recommend step rätsel denk schritt schlussfolgerung énigme raisonne déduis razona deduce acertijo логическая задача 推理 说谎 逻辑
		誰が 嘘つ 推論 추론`,
	ofTalk: `hi hello hey thanks thank morning night bye goodbye lol haha ok okay yeah yes sorry please today tired bored feeling feel funny nice
		great you're you hallo danke morgen salut bonjour merci hola gracias ciao grazie oi obrigado привет спасибо 你好 您好 谢谢 今天 元気 こん
		안녕 안녕하세요 مرحبا नमस्ते`,
}

// clue is what one word, or a pair of signs, tells.
type clue struct {
	cue  cue
	kind kind
}

// clues finds a word's clue by its hash. It is not changed once built.
var clues = indexClues()

// clueTable is a hash table in which most words, which have no clue, are told by a look at one place.
type clueTable struct {
	hashes []uint32 // 0: free; a power of two of them, at most a quarter taken
	clues  []clue
}

func (t *clueTable) place(h uint32) uint32 { return mix(h) & uint32(len(t.hashes)-1) }

// of is the clue of the word with that hash; the zero value: it has none.
func (t *clueTable) of(h uint32) clue {
	for at := t.place(h); t.hashes[at] != 0; at = (at + 1) & uint32(len(t.hashes)-1) {
		if t.hashes[at] == h {
			return t.clues[at]
		}
	}
	return clue{}
}

func tableOf(m map[uint32]clue) *clueTable {
	size := 1
	for size < 4*len(m) {
		size *= 2
	}
	t := &clueTable{make([]uint32, size), make([]clue, size)}
	for h, c := range m {
		at := t.place(h)
		for t.hashes[at] != 0 {
			at = (at + 1) & uint32(size-1)
		}
		t.hashes[at], t.clues[at] = h, c
	}
	return t
}

func indexClues() *clueTable {
	m := map[uint32]clue{}
	for c, words := range cueWords {
		for _, w := range words {
			m[hash(w)] = clue{cue: cue(c)} //nolint:gosec // a handful
		}
	}
	for k, words := range kindWords {
		for w := range strings.FieldsSeq(words) {
			h := hash(w)
			if first, size := utf8.DecodeRuneInString(w); first >= 0x2E80 && alone(first) {
				h = pair(hash(w[:size]), hash(w[size:]))
			}
			m[h] = clue{m[h].cue, kind(k)} //nolint:gosec // a handful
		}
	}
	return tableOf(m)
}

// pair is the hash of two words in a row.
func pair(a, b uint32) uint32 { return a*31 + b }
