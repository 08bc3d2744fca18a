/** Writing of GGUF files. */
package carve.runtime.gguf;
