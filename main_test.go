// The tests of package main hold the architecture: which room may import which, what
// lies at the top level, where colours live, that every package says what it is for.
// They read the source tree only and never start the program.
package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// module is the path that imports of our own packages begin with.
const module = "ferry"

// rooms says for each room which rooms its packages may import. model has none but
// itself; the root package, the composition root, may import everything.
var rooms = map[string][]string{
	"model":   {"model"},
	"storage": {"storage", "model"},
	"auth":    {"auth", "model"},
	"ui":      {"ui", "model"},
}

// topLevel is what may lie at the top level beside dot files; built is what .gitignore names.
var (
	topLevel = []string{"main.go", "main_test.go", "ui", "model", "storage", "auth", "go.mod", "go.sum", "Makefile", "README.md"}
	built    = regexp.MustCompile(`^(ferry|dist|.*\.test|.*\.prof)$`)
)

// oldCharm are the v1 paths: they compile beside v2 and fail at the type boundary.
// compat asks the terminal a question when it is imported.
var oldCharm = regexp.MustCompile(`^github\.com/charmbracelet/(bubbletea|bubbles|lipgloss)(/|$)|/lipgloss/v2/compat$`)

var (
	leftOver  = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME)\b`)
	readable  = regexp.MustCompile(`(\.(go|md|sh|yml|yaml|js|json|txtar)|^Makefile)$`)
	ansiNames = regexp.MustCompile(`^(Bright)?(Black|Red|Green|Yellow|Blue|Magenta|Cyan|White)$`)
)

func TestArchitecture(t *testing.T) {
	for _, problem := range check(t, os.DirFS(".")) {
		t.Error(problem)
	}
}

// A check that cannot fail is a defect: each rule is broken once on a made-up tree.
func TestArchitectureFindsEachFault(t *testing.T) {
	const doc = "// Package p is for this test.\n"
	for name, tc := range map[string]struct {
		file, text string
		want       string // a part of the one problem; "" for none
	}{
		"model imports storage":         {"model/a.go", doc + `package model; import _ "ferry/storage"`, "standard library only"},
		"model imports another's":       {"model/tokens/a.go", doc + `package tokens; import _ "golang.org/x/oauth2"`, "standard library only"},
		"model imports its own":         {"model/tokens/a.go", doc + `package tokens; import _ "ferry/model"`, ""},
		"model root imports below":      {"model/a.go", doc + `package model; import _ "ferry/model/tokens"`, "standard library only"},
		"storage imports auth":          {"storage/bolt/a.go", doc + `package bolt; import _ "ferry/auth/call"`, "may not import ferry/auth/call"},
		"storage imports model":         {"storage/bolt/a.go", doc + `package bolt; import _ "ferry/model"; import _ "ferry/storage/kv"`, ""},
		"auth imports ui":               {"auth/a.go", doc + `package auth; import _ "ferry/ui"`, "may not import ferry/ui"},
		"ui imports storage":            {"ui/command/a.go", doc + `package command; import _ "ferry/storage"`, "may not import ferry/storage"},
		"a test may cross rooms":        {"ui/command/a_test.go", doc + `package command; import _ "ferry/storage"`, ""},
		"main sees everything":          {"main.go", doc + `package main; import _ "ferry/storage"; import _ "ferry/ui"`, ""},
		"anybody imports main":          {"ui/a.go", doc + `package ui; import _ "ferry"`, "may not import ferry"},
		"screen imports a place":        {"ui/screen/a.go", doc + `package screen; import _ "ferry/ui/screens/token"`, "knows no screen"},
		"product imports a test helper": {"ui/a.go", doc + `package ui; import _ "ferry/model/modeltest"`, "test helper"},
		"helper imports a helper":       {"ui/uitest/a.go", doc + `package uitest; import _ "ferry/model/modeltest"`, ""},
		"v1 path":                       {"ui/a.go", doc + `package ui; import _ "github.com/charmbracelet/bubbles/list"`, "charm.land"},
		"compat":                        {"ui/a.go", doc + `package ui; import _ "charm.land/lipgloss/v2/compat"`, "charm.land"},
		"other charm modules":           {"ui/a.go", doc + `package ui; import _ "github.com/charmbracelet/x/ansi"`, ""},
		"colour literal":                {"ui/widget/a.go", doc + `package widget; var c = lipgloss.Color("#ff0000")`, "colour"},
		"ANSI colour by name":           {"ui/widget/a.go", doc + `package widget; var c = lipgloss.BrightRed`, "colour"},
		"colour struct":                 {"ui/widget/a.go", doc + `package widget; var c = color.RGBA{R: 255}`, "colour"},
		"colour in the theme":           {"ui/theme/a.go", doc + `package theme; var c = lipgloss.Color("#ff0000")`, ""},
		"no package comment":            {"auth/a.go", `package auth`, "no package comment"},
		"stray top-level file":          {"notes.txt", "", "top level"},
		"built binary":                  {"ferry", "", ""},
		"dot file":                      {".editorconfig", "", ""},
		"left-over":                     {".ci/run", "# TO" + "DO: later", "left-over"},
		"does not parse":                {"auth/a.go", `package`, "expected"},
	} {
		t.Run(name, func(t *testing.T) {
			got := check(t, fstest.MapFS{tc.file: {Data: []byte(tc.text)}})
			if tc.want == "" && len(got) > 0 || tc.want != "" && (len(got) != 1 || !strings.Contains(got[0], tc.want)) {
				t.Errorf("got %q, want one problem with %q", got, tc.want)
			}
		})
	}
}

// check returns every broken rule in the tree, one line each with file and place.
func check(t *testing.T, tree fs.FS) []string {
	t.Helper()
	var problems []string
	documented := map[string]bool{} // directory → it has a package comment
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case name == ".":
			return nil
		case !strings.Contains(name, "/") && !allowedTop(name):
			problems = append(problems, name+": not one of what lies at the top level")
		case d.IsDir() && slices.Contains([]string{".git", ".e2e", "dist", "node_modules"}, d.Name()):
			return fs.SkipDir
		case d.IsDir() || !readable.MatchString(d.Name()) && path.Dir(name) != ".ci":
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		// Few files hold the letters at all, and looking for those is far quicker.
		lines := strings.Split(string(text), "\n")
		if !bytes.Contains(text, []byte("TO"+"DO")) && !bytes.Contains(text, []byte("FIX"+"ME")) {
			lines = nil
		}
		for i, line := range lines {
			if leftOver.MatchString(line) {
				problems = append(problems, fmt.Sprintf("%s:%d: a left-over: %s", name, i+1, strings.TrimSpace(line)))
			}
		}
		if path.Ext(name) == ".go" && !strings.Contains(name, "testdata/") {
			problems = append(problems, checkFile(name, text, documented)...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir, ok := range documented {
		if !ok {
			problems = append(problems, dir+": no package comment that says what the package is for")
		}
	}
	slices.Sort(problems)
	return problems
}

func allowedTop(name string) bool {
	return strings.HasPrefix(name, ".") || slices.Contains(topLevel, name) || built.MatchString(name)
}

// checkFile checks one Go file. Tests may import anything of ours, but no v1 path.
func checkFile(name string, text []byte, documented map[string]bool) []string {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return []string{err.Error()}
	}
	dir, test := path.Dir(name), strings.HasSuffix(name, "_test.go")
	documented[dir] = documented[dir] || f.Doc != nil && strings.TrimSpace(f.Doc.Text()) != ""
	var problems []string
	report := func(n ast.Node, format string, args ...any) {
		problems = append(problems, set.Position(n.Pos()).String()+": "+fmt.Sprintf(format, args...))
	}
	for _, spec := range f.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			report(spec, "import path %s", spec.Path.Value)
			continue
		}
		if oldCharm.MatchString(target) {
			report(spec, "imports %s; v2 is published under charm.land/…/v2, without compat", target)
		}
		if !test {
			if why := arrow(dir, target); why != "" {
				report(spec, "%s", why)
			}
		}
	}
	if !test && strings.HasPrefix(dir, "ui") && dir != "ui/theme" {
		ast.Inspect(f, func(n ast.Node) bool {
			if isColour(n) {
				report(n, "a colour outside ui/theme; use a style of the theme")
				return false
			}
			return true
		})
	}
	return problems
}

// arrow says what is wrong with a package in dir importing target, "" when nothing is.
func arrow(dir, target string) string {
	room, _, _ := strings.Cut(dir, "/")
	allowed, known := rooms[room]
	own, ours := strings.CutPrefix(target+"/", module+"/")
	own = strings.TrimSuffix(own, "/")
	host, _, _ := strings.Cut(target, "/")
	switch {
	case !known: // the root package
		return ""
	case dir == "model" && (ours || strings.Contains(host, ".")), room == "model" && !ours && strings.Contains(host, "."):
		return fmt.Sprintf("%s imports %s; it may import the standard library only", dir, target)
	case !ours:
		return ""
	}
	targetRoom, _, _ := strings.Cut(own, "/")
	switch {
	case !slices.Contains(allowed, targetRoom):
		return fmt.Sprintf("%s may not import %s; between rooms only model is open", dir, target)
	case dir == "ui/screen" && strings.HasPrefix(own, "ui/screens"):
		return fmt.Sprintf("ui/screen imports %s; the contract knows no screen", target)
	case isHelper(own) && !isHelper(dir):
		return fmt.Sprintf("%s imports %s, a test helper, outside of tests", dir, target)
	}
	return ""
}

// isHelper reports whether a package exists for tests: modeltest, kvtest, uitest and below.
func isHelper(dir string) bool {
	return slices.ContainsFunc(strings.Split(dir, "/"), func(part string) bool { return strings.HasSuffix(part, "test") })
}

// isColour reports whether n spells out a colour: a Color call with a literal, one of the
// sixteen names of Lip Gloss, or a colour struct.
func isColour(n ast.Node) bool {
	selected := func(e ast.Expr, pkg string) string {
		if s, ok := e.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == pkg {
				return s.Sel.Name
			}
		}
		return ""
	}
	switch n := n.(type) {
	case *ast.CallExpr:
		if selected(n.Fun, "lipgloss") == "Color" && len(n.Args) == 1 {
			_, literal := n.Args[0].(*ast.BasicLit)
			return literal
		}
	case *ast.SelectorExpr:
		return ansiNames.MatchString(selected(n, "lipgloss"))
	case *ast.CompositeLit:
		return strings.HasPrefix(selected(n.Type, "color"), "RGBA") || selected(n.Type, "lipgloss") == "RGBColor"
	}
	return false
}
