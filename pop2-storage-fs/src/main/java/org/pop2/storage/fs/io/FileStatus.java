package org.pop2.storage.fs.io;

/**
 * What {@code lstat} says.
 *
 * @param kind what sort of thing it is
 * @param key its identity while somebody has it open
 * @param links number of names
 * @param uid number of the owner
 * @param mode permission bits
 * @param size octets
 * @param mtime nanoseconds since 1970, last change of the data
 * @param ctime nanoseconds since 1970, last change of anything
 */
public record FileStatus(Kind kind, FileKey key, int links, int uid, int mode, long size, long mtime, long ctime) {
    public enum Kind {
        FILE("a file"),
        DIRECTORY("a directory"),
        SYMLINK("a symbolic link"),
        FIFO("a FIFO"),
        SOCKET("a socket"),
        DEVICE("a device");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** Device and inode. */
    public record FileKey(long device, long inode) {}

    public boolean isFile() {
        return kind == Kind.FILE;
    }

    /** The same on a disk of that number: a number is the disk's only for as long as the system runs. */
    public FileStatus on(long device) {
        return device == key.device
                ? this
                : new FileStatus(kind, new FileKey(device, key.inode), links, uid, mode, size, mtime, ctime);
    }

    /** Whether nothing was written in between, as far as times can tell. */
    public boolean sameAs(FileStatus other) {
        return key.equals(other.key) && size == other.size && mtime == other.mtime && ctime == other.ctime;
    }
}
