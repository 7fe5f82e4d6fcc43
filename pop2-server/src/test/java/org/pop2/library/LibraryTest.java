package org.pop2.library;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LibraryTest {
    /** A class that was renamed in a newer version would be missing for ever. */
    @ParameterizedTest
    @EnumSource(Library.class)
    void eachIsFoundWhereItIs(Library library) {
        assertThat(library.isPresent()).isTrue();
        library.require("tests");
    }

    @ParameterizedTest
    @EnumSource(value = Library.class, mode = EnumSource.Mode.EXCLUDE, names = "EPOLL")
    void eachIsOptionalInThePom(Library library) throws IOException {
        String pom = Files.readString(Path.of("pom.xml"));
        String artifact = library.coordinates().substring(library.coordinates().indexOf(':') + 1);
        int start = pom.indexOf("<artifactId>" + artifact + "</artifactId>");

        assertThat(start).isPositive();
        assertThat(pom.substring(start, pom.indexOf("</dependency>", start))).contains("<optional>true</optional>");
    }

    @Test
    void oneThatIsNotThereIsMissedWithoutAnError() {
        assertThat(Library.isPresent("org.pop2.NoSuchClass", LibraryTest.class.getClassLoader()))
                .isFalse();
        assertThat(Library.JSOUP.missing("pages"))
                .isEqualTo("pages need the library org.jsoup:jsoup, which is not on the class path");
    }
}
