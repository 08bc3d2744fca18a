/** The processor of conversations, as token ids and pixel values, that model families share. */
package carve.models.chat;
