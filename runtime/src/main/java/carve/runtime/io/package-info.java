/** Folders that change in one step or not at all. */
package carve.runtime.io;
