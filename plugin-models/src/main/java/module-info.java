/** Model families: which layers a checkpoint has and what its tensors are called. */
module carve.models {
    requires transitive carve.api;
}
