package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
)

const (
	configType   = "application/vnd.oci.image.config.v1+json"
	layerType    = "application/vnd.oci.image.layer.v1.tar"
	manifestType = "application/vnd.oci.image.manifest.v1+json"
)

// object is a JSON object.
type object = map[string]any

// file is an entry of an archive.
type file struct {
	name string
	data []byte
}

// writeImage writes this program as an image of one layer. The same program gives the same bytes.
func writeImage(path, name string) error {
	program, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		return err
	}
	_, tag, tagged := strings.Cut(name[strings.LastIndex(name, "/")+1:], ":")
	if !tagged {
		return fmt.Errorf("`%s` has no tag", name)
	}
	layer, err := archive(0o755, []file{{"pod", program}})
	if err != nil {
		return err
	}
	config, err := json.Marshal(object{
		"architecture": runtime.GOARCH,
		"os":           "linux",
		"config":       object{"Entrypoint": []string{"/pod"}, "User": "65532:65532"},
		"rootfs":       object{"type": "layers", "diff_ids": []string{digest(layer)}},
	})
	if err != nil {
		return err
	}
	manifest, err := json.Marshal(object{
		"schemaVersion": 2,
		"mediaType":     manifestType,
		"config":        descriptor(configType, config),
		"layers":        []object{descriptor(layerType, layer)},
	})
	if err != nil {
		return err
	}
	described := descriptor(manifestType, manifest)
	described["annotations"] = object{
		"io.containerd.image.name":          name,
		"org.opencontainers.image.ref.name": tag,
	}
	index, err := json.Marshal(object{"schemaVersion": 2, "manifests": []object{described}})
	if err != nil {
		return err
	}
	files := []file{{"oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`)}, {"index.json", index}}
	for _, blob := range [][]byte{layer, config, manifest} {
		files = append(files, file{"blobs/" + strings.Replace(digest(blob), ":", "/", 1), blob})
	}
	all, err := archive(0o644, files)
	if err != nil {
		return err
	}
	return os.WriteFile(path, all, 0o644)
}

func archive(mode int64, files []file) ([]byte, error) {
	var bytes bytes.Buffer
	writer := tar.NewWriter(&bytes)
	for _, file := range files {
		header := tar.Header{Name: file.name, Mode: mode, Size: int64(len(file.data))}
		if err := writer.WriteHeader(&header); err != nil {
			return nil, err
		}
		if _, err := writer.Write(file.data); err != nil {
			return nil, err
		}
	}
	err := writer.Close()
	return bytes.Bytes(), err
}

func digest(blob []byte) string {
	return fmt.Sprintf("sha256:%x", sha256.Sum256(blob))
}

func descriptor(media string, blob []byte) object {
	return object{"mediaType": media, "digest": digest(blob), "size": len(blob)}
}
