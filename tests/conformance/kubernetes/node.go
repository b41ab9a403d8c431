// A node as far as kubectl comes to look at one: the logs of containers, and commands in them. A
// pod is a folder with a file `log`; absolute paths of its commands are taken from there.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/client-go/util/cert"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

// The folder of pods, by name.
type node string

func (n node) ExecInContainer(_ context.Context, _, _, _ string, command []string, in io.Reader,
	out, err io.WriteCloser, _ bool, _ <-chan remotecommand.TerminalSize,
	_ time.Duration) error {
	folder := string(n)
	args := []string{}
	for _, arg := range command {
		args = append(args, strings.TrimPrefix(arg, "/"))
	}
	process := exec.Command(args[0], args[1:]...)
	process.Dir, process.Stdin, process.Stdout, process.Stderr = folder, in, out, err
	problem := process.Run()
	var exit *exec.ExitError
	if errors.As(problem, &exit) {
		return utilexec.CodeExitError{Err: problem, Code: exit.ExitCode()}
	}
	return problem
}

// /exec/NAMESPACE/POD/CONTAINER?command=…
func (n node) exec(w http.ResponseWriter, r *http.Request) {
	streams, err := remotecommand.NewOptions(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	pod := node(filepath.Join(string(n), r.PathValue("pod")))
	remotecommand.ServeExec(w, r, pod, "", "", r.PathValue("container"),
		r.URL.Query()["command"], streams, time.Minute, time.Minute,
		remotecommand.SupportedStreamingProtocols)
}

// /containerLogs/NAMESPACE/POD/CONTAINER: all there is so far.
func (n node) logs(w http.ResponseWriter, r *http.Request) {
	http.ServeFile(w, r, filepath.Join(string(n), r.PathValue("pod"), "log"))
}

func serveNode(address, folder string) error {
	certificate, key, err := cert.GenerateSelfSignedCertKey("localhost", nil, nil)
	if err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return err
	}
	paths := http.NewServeMux()
	paths.HandleFunc("/exec/{namespace}/{pod}/{container}", node(folder).exec)
	paths.HandleFunc("/containerLogs/{namespace}/{pod}/{container}", node(folder).logs)
	server := http.Server{Addr: address, Handler: paths,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}}}
	return server.ListenAndServeTLS("", "")
}

func runNode(args []string) int {
	if len(args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: kube node HOST:PORT FOLDER")
		return 2
	}
	fmt.Fprintln(os.Stderr, "kube node:", serveNode(args[0], args[1]))
	return 1
}
