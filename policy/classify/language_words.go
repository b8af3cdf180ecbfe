package classify

import "strings"

// latin lists the languages in Latin letters with their small words, the commonest first, and the accents that speak for
// them. English is first: it wins a tie by having no accents to show.
var latin = [...]struct{ code, words, accents string }{
	{"en", `the of and to in is that it was for on are as with they be at this have from or had by but some what there we can out other were all your
		when up use how said an each she which do their will if about would make like him has more write go see no could people my than been who its
		now did get a i you he not so then them these her into time just please me hello hi thanks why where explain tell give does should`, ""},
	{"de", `der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach wird bei einer
		um am sind noch wie einem über einen so zum war haben nur oder aber vor zur bis mehr durch man sein wurde sei ich du wir ihr mir mich dich bitte
		wenn kann können wer warum kein keine schon hier diese dieser dieses meine mein einige unter hallo danke guten sehr ihre was ab heute mal`, "äöüß"},
	{"fr", `de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont avec ou son lui nous mais comme si leur y dont
		tout vous je tu elle on cette ces mes mon ma sa ses été être fait faire très aussi peut même bien sans quel quelle quels merci bonjour
		salut pourquoi comment ont aux deux entre où moi toi ai ça cela écris ecris`, "éèêëàâçîïôûùœ"},
	{"es", `de la que el en y a los se del las un por con no una su para es al lo como más o pero sus le ha me si sin sobre este ya entre cuando todo esta
		ser son dos también fue había era muy años hasta desde está mi porque qué sólo han yo hay vez puede todos así nos ni tiene él uno donde bien tu te
		hola gracias cómo cuál quién por qué escribe dime ese esto estoy eres usted ustedes`, "áéíóúñ¿¡"},
	{"pt", `de a o que e do da em um para é com não uma os no se na por mais as dos como mas foi ao ele das tem à seu sua ou ser quando muito há nos já
		está eu também só pelo pela até isso ela entre era depois sem mesmo aos ter seus quem nas me esse eles estão você tinha foram essa num nem suas meu
		às minha têm olá obrigado obrigada qual uns isto escreva são então bem tudo onde`, "ãõçáéíóúâêôà"},
	{"it", `di e il che la in a per un è del non una le si da con i sono al dei come più ma anche alla della ha nel o lo se gli ai ci delle questo dal
		essere stato era suo sua tra quando molto loro degli mi ho io tu lui lei noi voi perché cosa chi dove nella sulla dalla ciao grazie quale così
		questa tutti tutto fare sia due scrivi può sul negli prima solo già`, "àèéìòù"},
	{"nl", `de van het een en in is dat op te zijn met die voor niet aan er om ook als dan maar bij of uit nog worden door naar heeft tot ze wel over hij
		was wordt je ik deze hun kan mijn meer hebben zo wat we geen had nu wij jij u hoe waarom hallo dank waar mij haar zou moet veel gaan goed alle
		wie onder geef schrijf jouw uw kunnen`, "ëïé"},
	{"sv", `och i att det som en på är av för med den till har de inte om ett han men var jag sig från vi så kan när år under också efter eller nu sin där
		vid mot ska skulle kommer ut får finns vara hade alla andra mycket än här då sedan över bara in blir upp även vad hej tack hur varför du mig dig
		din mitt min vilken skriv skall`, "åäö"},
	{"da", `og i at det er en til af på for den de med som ikke et der var jeg har han vi fra men sig om så kan skal blev hvor vil når også ved nu ud eller
		efter man være mod over kun havde ind bliver meget hvad hej tak hvorfor hvordan du mig dig min din mere blive alle noget nogle disse sine af hvilken
		skriv selv hun gør`, "æøå"},
	{"no", `og i det er på som en å til av for at med de den ikke har et om var jeg fra han men seg så vi kan skal ble hvor vil når også ved nå ut eller etter
		man være mot over bare hadde inn blir mye hva hei takk hvorfor hvordan du meg deg min din mer bli alle noe noen disse sine hvilken skriv selv hun gjør
		være etter dette`, "æøå"},
	{"fi", `ja on ei se että oli hän mutta ovat kun niin myös tai joka jos ole sen kuin mitä mikä minä sinä hyvää kiitos hei miten miksi voi voin olen olet
		ovat nyt vain jo vielä sitten kanssa siitä tämä tämän nämä ne he me te sitä joka jotka mukaan jälkeen ennen hyvin paljon minun sinun hänen ollut
		kirjoita kerro missä kuka`, "äö"},
	{"pl", `w i na z do się nie to że jest o jak po co za od ale przez tym dla ma go tylko są był było być już jego czy tak jej ich lub oraz przy może jednak
		które który która których mnie mi ja ty on ona my wy oni bardzo gdzie kiedy dlaczego cześć dziękuję proszę dzień dobry kto mój twój napisz ze we pod nad też
		przed jeszcze wszystko`, "ąćęłńóśźż"},
	{"cs", `a v na se je že to s z do o i ve jsem ale po jak za si od jeho by pro tak není co už jako jsou k které který která u být byl bylo byla jen nebo jeho
		ze mi mě já ty on ona my vy oni kde kdy proč děkuji dobrý den prosím kdo můj tvůj napiš aby při také ještě až bude protože tento tato který než pod`, "ěščřžýáíéůúťďň"},
	{"sk", `a v na sa je že to s z do o i vo som ale po ako za si od jeho by pre tak nie čo už sú k ktoré ktorý ktorá u byť bol bolo bola len alebo zo mi ma ja ty
		on ona my vy oni kde kedy prečo ďakujem dobrý deň prosím kto môj tvoj napíš aby pri tiež ešte až bude pretože tento táto než pod`, "ľĺŕôäčďňšťžáíéýú"},
	{"hu", `a az és hogy nem is egy meg ez van csak de ha volt már még mint el azt ki én te ő mi ti ők nagyon miért hogyan hol mikor köszönöm szia jó kérem vagy
		vagyok sem lesz lehet kell ezt azért amely aki ami pedig majd után előtt között minden írj mert itt ott`, "őűáéíóöüú"},
	{"ro", `de și în a la cu că nu o un pe este să se din mai care pentru ce au fost sunt dar ca au lui sau prin am fi după foarte eu tu el ea noi voi ei când
		unde cum cine bună mulțumesc salut te rog acest această este era avea fără între până toate tot scrie îmi îți`, "ăâîșțşţ"},
	{"hr", `i u je na se da su za od s a ne o što to kao ali koji koja koje iz bi sam biti do po bio ili samo kako već njegov nije smo ste mi ti on ona oni gdje
		kada zašto hvala dobar dan molim tko moj tvoj napiši prema nakon između može ima još jer sve ova ovaj`, "čćđšž"},
	{"tr", `ve bir bu da de için ile çok daha gibi olarak ne var o kadar sonra en ama ya olan mi ben sen biz siz onlar nasıl neden nerede merhaba teşekkür
		ederim lütfen değil olduğu oldu olur her şey iyi yok bana sana onun benim senin hangi ise veya kim yaz günaydın bugün`, "ğışçöü"},
	{"vi", `là và của có không cho trong một được người với các những này đã khi đến để như tôi bạn anh chị em ở ra về cũng nhiều rất hay thì tại sao gì làm
		thế nào xin chào cảm ơn hãy viết nước năm từ vào trên phải đó sẽ hơn`, "ăđơưạảấầẩậắằếềểệịỉọỏốồổộớờợụủứừựỳ"},
	{"id", `yang dan di dari untuk dengan ini itu pada adalah tidak dalam akan ke saya anda kamu kami kita mereka oleh juga ada telah bisa sudah atau karena
		seperti bagaimana mengapa apa siapa dimana terima kasih selamat pagi halo tolong lebih satu orang tahun dapat sebagai tersebut saat hanya belum
		tulis apakah jika bahwa secara banyak`, ""},
	{"ca", `de i la el que a en les els un per una amb es no del més com al són però ha és seva seu aquest aquesta també molt si ens jo tu ell ella nosaltres
		on quan per què gràcies hola bon dia escriu els dels fins tot ser va aquests sense quin quina fer hi ho`, "àèéíòóúçï·"},
	{"lt", `ir yra kad į iš su tai kaip bet ne ar už buvo nuo apie dėl tik jau aš tu jis ji mes jūs jie kur kada kodėl ačiū labas prašau kas mano tavo per po
		prie labai gali būti dar arba šis ši`, "ąčęėįšųūž"},
	{"et", `ja on ei see et ta oli aga kui ka oma mis ma sa me te nad kes kus miks kuidas tere aitäh palun väga veel juba siis või nii ning ole olen oled seda
		selle pole kõik saab minu sinu kirjuta pärast enne`, "õäöü"},
	{"sw", `ya na wa kwa ni katika za la kuwa hii hiyo kama lakini pia si mimi wewe yeye sisi nyinyi wao asante habari tafadhali nini wapi lini sana watu
		mtu siku mwaka yake wake andika gani`, ""},
	{"tl", `ang ng sa na at mga ay ko mo ka ako ikaw siya kami tayo sila hindi ito iyon para kung may salamat kumusta paano bakit ano saan kailan sino po opo
		din rin lang naman isang`, ""},
}

const numLatin = len(latin)

// smallWords and accents find the languages of a word or letter. They are not changed once built.
var (
	smallWords = indexWords()
	accents    = indexAccents()
)

func indexWords() *index {
	m := map[string][]uint8{}
	for l := range latin {
		for w := range strings.FieldsSeq(latin[l].words) {
			if of := m[w]; len(of) == 0 || of[len(of)-1] != uint8(l) { //nolint:gosec // a handful
				m[w] = append(of, uint8(l)) //nolint:gosec // a handful
			}
		}
	}
	return newIndex(m)
}

func indexAccents() map[rune][]uint8 {
	m := map[rune][]uint8{}
	for l := range latin {
		for _, r := range latin[l].accents {
			m[r] = append(m[r], uint8(l)) //nolint:gosec // a handful
		}
	}
	return m
}
