/** Distillation: losses, stages, optimizers, schedules. */
module carve.distill {
    requires transitive carve.api;
}
