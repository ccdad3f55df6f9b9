package serve

import (
	"context"

	"ferry/model"
)

type probe struct{ socket string }

// NewProbe returns a probe that asks the admin socket.
func NewProbe(socket string) model.ServerProbe { return &probe{socket} }

// Status implements model.ServerProbe.
func (p *probe) Status(context.Context) (model.ServerStatus, error) {
	return model.ServerStatus{}, notRunning()
}

func notRunning() *model.Error {
	return model.Errorf(model.ENotFound, "no server runs on this store").WithNext("start one with: ferry serve")
}

// Socket returns where the server of the store in storePath has its admin socket.
func Socket(storePath string) string { return storePath + ".sock" }
