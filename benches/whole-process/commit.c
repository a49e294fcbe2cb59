/* The least that a durable commit of a file costs: write a new file, flush it, give it its name where none is, take
   the temporary name away, flush the folder. Usage: commit SOURCE FOLDER NAME */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void check(int ok, const char *what) {
    if (!ok) {
        perror(what);
        exit(1);
    }
}

int main(int argc, char **argv) {
    check(argc == 4, "usage: commit SOURCE FOLDER NAME");
    int source = open(argv[1], O_RDONLY);
    struct stat stat;
    check(source >= 0 && fstat(source, &stat) == 0, argv[1]);
    char *bytes = malloc(stat.st_size + 1);
    check(bytes && read(source, bytes, stat.st_size) == stat.st_size, argv[1]);
    int folder = open(argv[2], O_RDONLY | O_DIRECTORY);
    check(folder >= 0, argv[2]);
    int file = openat(folder, ".temporary", O_WRONLY | O_CREAT | O_EXCL, 0600);
    check(file >= 0, "create");
    check(write(file, bytes, stat.st_size) == stat.st_size, "write");
    check(fdatasync(file) == 0, "fdatasync");
    check(linkat(folder, ".temporary", folder, argv[3], 0) == 0, "link");
    check(unlinkat(folder, ".temporary", 0) == 0, "unlink");
    check(fsync(folder) == 0, "fsync");
    return 0;
}
