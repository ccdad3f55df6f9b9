package sandbox

import (
	"time"

	"ferry/auth/odata"
)

// odataPath is where the OData service of the HR system begins.
const odataPath = "/odata/v4"

// postings is the OData service with its one set, JobPostings.
func postings(url string) *odata.Service {
	return &odata.Service{
		Origin: url, Path: odataPath, Namespace: "Sandbox.HR",
		Sets: []*odata.Set{{
			Name: "JobPostings", Type: "JobPosting", Key: "id",
			Properties: []odata.Property{
				{Name: "id", Kind: odata.Int64},
				{Name: "title", Kind: odata.String},
				{Name: "department", Kind: odata.String},
				{Name: "location", Kind: odata.String, Nullable: true},
				{Name: "remote", Kind: odata.Boolean},
				{Name: "workload", Kind: odata.Double},
				{Name: "salaryFrom", Kind: odata.Int64, Nullable: true},
				{Name: "publishedOn", Kind: odata.Date},
				{Name: "updatedAt", Kind: odata.DateTimeOffset},
			},
			Len: func() int { return Records },
			Row: postingAt,
		}},
	}
}

// postingAt makes posting i, in the order of the properties.
func postingAt(i int) []any {
	d := roll(postingFeed, i)
	title := pick(d, levels) + " " + pick(d, jobs)
	department, city := pick(d, departments), pick(d, cities)
	published := epoch.Truncate(24*time.Hour).AddDate(0, 0, -d.n(365))
	row := []any{
		int64(i + 1), title, department, city, d.n(3) == 0, float64(2+d.n(4)) / 5,
		int64(30_000 + 500*d.n(120)), published, published.Add(time.Duration(8*60+d.n(5*24*60)) * time.Minute),
	}
	if d.n(8) == 0 {
		row[3] = nil
	}
	if d.n(4) == 0 {
		row[6] = nil
	}
	return row
}
