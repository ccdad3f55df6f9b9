package sandbox

import "time"

// Records is how many records each feed holds at the start.
const Records = 10_000

// epoch is the day on which the made-up data was current.
var epoch = time.Date(2026, time.January, 5, 8, 0, 0, 0, time.UTC)

// dice gives the numbers of one record: a splitmix64 sequence that depends on feed
// and index only, so that any record can be made alone and is always the same.
type dice uint64

func roll(feed uint64, index int) *dice {
	//nolint:gosec // an index is never negative
	d := dice(feed*0x9E3779B97F4A7C15 + uint64(index)*0xD1B54A32D192ED03)
	return &d
}

// n returns a number from 0 to limit-1.
func (d *dice) n(limit int) int {
	*d += 0x9E3779B97F4A7C15
	z := uint64(*d)
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return int((z ^ z>>31) % uint64(limit)) //nolint:gosec // a limit is the length of a list or a literal
}

// pick returns one of a list.
func pick(d *dice, list []string) string { return list[d.n(len(list))] }

// The feeds, each with numbers of its own.
const (
	userFeed uint64 = iota + 1
	postingFeed
	orderFeed
	productFeed
	priceFeed
)

var firstNames = []string{
	"Anna", "Ben", "Clara", "David", "Emma", "Felix", "Greta", "Hannah", "Ivan", "Julia",
	"Karim", "Lena", "Marco", "Nina", "Oskar", "Paula", "Quentin", "Rosa", "Samir", "Tessa",
	"Ugo", "Vera", "Wanda", "Xenia", "Yusuf", "Zoe", "Amir", "Berta", "Carlos", "Dilan",
	"Elif", "Frida", "Georg", "Heidi", "Ines", "Jakob", "Kira", "Luis", "Mira", "Noah",
}

// lastNames are as written; accountNames as they are spelled in a user name.
var lastNames = []string{
	"Albrecht", "Bauer", "Castro", "Dietrich", "Eriksen", "Fischer", "García", "Hoffmann", "Ivanova", "Jansen",
	"Kowalski", "Lindqvist", "Müller", "Novák", "O'Neill", "Petrov", "Quast", "Rossi", "Schäfer", "Thomsen",
	"Ulrich", "Vogel", "Weiß", "Yılmaz", "Zimmermann",
}

var accountNames = []string{
	"albrecht", "bauer", "castro", "dietrich", "eriksen", "fischer", "garcia", "hoffmann", "ivanova", "jansen",
	"kowalski", "lindqvist", "mueller", "novak", "oneill", "petrov", "quast", "rossi", "schaefer", "thomsen",
	"ulrich", "vogel", "weiss", "yilmaz", "zimmermann",
}

var (
	departments = []string{"Engineering", "Finance", "Human Resources", "Logistics", "Marketing", "Research", "Sales", "Support"}
	cities      = []string{"Berlin", "Hamburg", "Lisboa", "London", "Lyon", "Oslo", "Praha", "Wien", "Zürich"}
	locales     = []string{"de_DE", "en_GB", "fr_FR", "pt_PT"}
	jobs        = []string{"Account Manager", "Backend Engineer", "Buyer", "Controller", "Data Analyst", "Nurse", "Recruiter", "Warehouse Lead", "Welder"}
	levels      = []string{"Junior", "Senior", "Lead", "Working Student"}
	materials   = []string{"Aluminium", "Brass", "Ceramic", "Oak", "Rubber", "Steel"}
	things      = []string{"Bearing", "Bracket", "Cable", "Clamp", "Gasket", "Hinge", "Screw", "Shelf", "Valve"}
	currencies  = []string{"EUR", "CHF", "GBP"}
)
