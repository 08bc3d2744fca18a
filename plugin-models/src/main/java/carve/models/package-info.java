/** Model families: the layers and tensor names of checkpoints, and helpers that families share. */
package carve.models;
