package form

import "ferry/ui/widget/sheet"

func (f *Form) tlsSummary() string {
	trust := "system certificates"
	if f.in.ca != caSystem {
		trust = "own certificates"
	}
	if !f.in.cert.line.Empty() || f.in.cert.keeps() {
		trust += ", client certificate"
	}
	if f.in.insecure {
		return "INSECURE (nothing is checked)"
	}
	return trust + ", TLS " + f.in.minTLS + " or newer"
}

func (f *Form) tlsRows() []sheet.Row {
	in := &f.in
	modes, names := []caMode{caSystem}, []string{"system"}
	if f.stored != nil && f.stored.TLS.CAPEM != "" {
		modes, names = append(modes, caStored), append(names, "stored")
	}
	if !f.Env.Restricted {
		modes, names = append(modes, caFile), append(names, "a file")
	}
	chosen := 0
	for i, m := range modes {
		if m == in.ca {
			chosen = i
		}
	}
	rows := []sheet.Row{{Label: "  Trust", Fields: []string{"ca_mode"}, Items: []*sheet.Item{{
		Key: "ca_mode", Kind: sheet.Radio, Choice: names, Chosen: chosen, Pick: func(i int) { f.chooseCA(modes[i]) },
	}}}}
	if in.ca == caFile {
		rows = append(rows, sheet.Line("ca", "  CA file", in.caPath))
	} else {
		rows[0].Fields = []string{"ca"}
	}
	versions := []string{"1.2", "1.3"}
	at := 0
	if in.minTLS == "1.3" {
		at = 1
	}
	return append(rows,
		sheet.Line("tls_server_name", "  Server name", in.serverName),
		sheet.Row{Label: "  At least TLS", Fields: []string{"tls_min_version"}, Items: []*sheet.Item{{
			Key: "tls_min_version", Kind: sheet.Radio, Choice: versions, Chosen: at, Pick: func(i int) { in.minTLS = versions[i] },
		}}},
		sheet.Row{Label: "  Certificate", Fields: []string{"cert"}, Items: []*sheet.Item{f.pemItem("cert", in.cert)}},
		sheet.Row{Label: "  Its private key", Fields: []string{"cert_key"}, Items: []*sheet.Item{f.pemItem("cert_key", in.tlsKey)}},
		sheet.Box("insecure", "  Insecure", "do not check certificates", &in.insecure))
}

func (f *Form) chooseCA(m caMode) {
	f.in.ca = m
	if m == caFile {
		f.in.caPEM = ""
	}
}
