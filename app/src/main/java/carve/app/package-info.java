/** The program: commands, settings, and the platform that plugins stand on. */
package carve.app;
