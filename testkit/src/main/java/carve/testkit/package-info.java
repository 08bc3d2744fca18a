/** Contracts that every implementation of the SPIs must keep, and small models to try them on. */
package carve.testkit;
