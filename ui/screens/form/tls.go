package form

// tlsFields are the fields whose messages stand at the TLS line: all, while it is shut.
func (f *Form) tlsFields() []string {
	if f.tls {
		return []string{"tls"}
	}
	return []string{"tls", "ca", "tls_server_name", "tls_min_version"}
}

func (f *Form) tlsSummary() string {
	mark, trust := "▸ ", "system certificates"
	if f.tls {
		mark = "▾ "
	}
	if f.in.ca != caSystem {
		trust = "own certificates"
	}
	return mark + trust + ", TLS " + f.in.minTLS + " or newer"
}

func (f *Form) tlsRows() []row {
	in := &f.in
	modes, names := []caMode{caSystem}, []string{"system"}
	if f.stored != nil && f.stored.TLS.CAPEM != "" {
		modes, names = append(modes, caStored), append(names, "stored")
	}
	if !f.env.Restricted {
		modes, names = append(modes, caFile), append(names, "a file")
	}
	chosen := 0
	for i, m := range modes {
		if m == in.ca {
			chosen = i
		}
	}
	rows := []row{{label: "  Trust", fields: []string{"ca_mode"}, items: []*item{{
		key: "ca_mode", kind: kindRadio, choice: names, chosen: chosen, pick: func(i int) { f.chooseCA(modes[i]) },
	}}}}
	if in.ca == caFile {
		rows = append(rows, text("ca", "  CA file", in.caPath))
	} else {
		rows[0].fields = []string{"ca"}
	}
	versions := []string{"1.2", "1.3"}
	at := 0
	if in.minTLS == "1.3" {
		at = 1
	}
	return append(rows,
		text("tls_server_name", "  Server name", in.serverName),
		row{label: "  At least TLS", fields: []string{"tls_min_version"}, items: []*item{{
			key: "tls_min_version", kind: kindRadio, choice: versions, chosen: at, pick: func(i int) { in.minTLS = versions[i] },
		}}})
}

func (f *Form) chooseCA(m caMode) {
	f.in.ca = m
	if m == caFile {
		f.in.caPEM = ""
	}
}
