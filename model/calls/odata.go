package calls

import (
	"context"
	"net/http"
	"strings"

	"ferry/model"
	"ferry/model/feed"
)

const metadataName = "/$metadata"

// Sets reads the metadata of the OData service below path and returns its entity sets. A
// query of path stays.
//
// EUpstream when the answer is an error or no metadata, and whatever Do may return.
func (s *Service) Sets(ctx context.Context, space model.Space, c *model.Client, path string) ([]feed.Set, error) {
	r := model.Request{
		Method: http.MethodGet, Path: metadataPath(path),
		// A service may answer JSON where it may choose (OData Protocol 4.01 §11.1.2).
		Headers: []model.Param{{Name: "Accept", Value: "application/xml"}},
	}
	resp, err := s.Do(ctx, space, c, r, "")
	if err != nil {
		return nil, err
	}
	shown := model.Printable(r.Path)
	switch {
	case resp.Status/100 != 2:
		return nil, model.Errorf(model.EUpstream, "GET %s: the other system answered %d %s", shown, resp.Status, http.StatusText(resp.Status)).
			WithField("path").WithNext("give the path at which its OData service begins, and look at the client's credentials")
	case resp.Truncated:
		return nil, model.Errorf(model.EUpstream, "the metadata at %s is larger than %d MiB", shown, model.MaxShownBody>>20).
			WithField("path").WithNext("save it to a file with: ferry call %s '%s' -o FILE", c.Name, shown)
	}
	sets, err := feed.Sets(resp.Body)
	if err != nil {
		return nil, model.Errorf(model.EUpstream, "GET %s: what came back is no metadata of OData: %s", shown, err.Error()).
			WithField("path").WithNext("give the path at which its OData service begins, as in /odata/v4")
	}
	return sets, nil
}

// metadataPath is where the metadata of the service at path is (OData URL Conventions §2).
func metadataPath(path string) string {
	path, query, has := strings.Cut(path, "?")
	path = strings.TrimSuffix(path, "/")
	if !strings.HasSuffix("/"+path, metadataName) {
		path += metadataName
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if has {
		path += "?" + query
	}
	return path
}
