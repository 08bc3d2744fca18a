/** Checkpoints in safetensors: one file or shards, read by mapping, written in one step. */
package carve.runtime.safetensors;
