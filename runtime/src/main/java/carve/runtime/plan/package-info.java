/** Layer plans: how they read and are written, and the notations of other projects. */
package carve.runtime.plan;
