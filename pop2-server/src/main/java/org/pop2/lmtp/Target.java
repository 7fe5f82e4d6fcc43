package org.pop2.lmtp;

import org.pop2.storage.FolderName;
import org.pop2.storage.UserName;

/** Where a message for a recipient goes. */
record Target(UserName user, FolderName folder) {}
