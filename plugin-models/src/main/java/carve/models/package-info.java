/** Model families: which layers a checkpoint has and what its tensors are called. */
package carve.models;
