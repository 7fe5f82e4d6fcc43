package org.pop2.storage.tck.broken;

import static org.pop2.storage.tck.broken.ForwardingStore.withAccounts;
import static org.pop2.storage.tck.broken.ForwardingStore.withMailboxes;

import org.pop2.storage.FolderName;
import org.pop2.storage.HoldPolicy;
import org.pop2.storage.MailStore;
import org.pop2.storage.Mailbox;
import org.pop2.storage.Message;
import org.pop2.storage.UserName;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** What can be wrong with a storage, and the test of the contract that has to notice. */
enum Fault {
    ACCOUNT_CHANGE_LOST_ON_REOPEN(
            "s01_putReplacesTheAccountOfTheSameUser", (s, b, p) -> AccountFaults.changesLostOnReopen(s)),
    PASSWORD_HASH_CUT("s01_accountComesBackAsItWasPut", (s, b, p) -> withAccounts(s, AccountFaults::cuttingHashes)),
    ACCOUNT_WITHOUT_ITS_QUOTA(
            "s01_accountComesBackAsItWasPut", (s, b, p) -> withAccounts(s, AccountFaults::forgettingQuotas)),
    ACCOUNT_ALWAYS_ENABLED(
            "s01_accountComesBackAsItWasPut",
            (s, b, p) -> withAccounts(s, AccountFaults::forgettingThatAnAccountIsDisabled)),
    ACCOUNT_REMEMBERED_BY_NODE("s01_everyNodeSeesAChange", (s, b, p) -> AccountFaults.remembering(s)),
    ACCOUNT_RECENT_FOR_EVER("s01_recentAccountIsTheAccountOrNothing", (s, b, p) -> AccountFaults.knowingTheFirst(s)),
    ACCOUNT_FOUND_BY_PREFIX("s01_unknownUserIsNothing", (s, b, p) -> withAccounts(s, AccountFaults::findingByPrefix)),
    ACCOUNTS_LISTED_BACKWARDS("s01_listIsOrderedByName", (s, b, p) -> withAccounts(s, AccountFaults::listingBackwards)),
    REPLACES_WHATEVER_IS_THERE(
            "s01_replacementHappensOnlyIfTheAccountIsTheExpectedOne",
            (s, b, p) -> withAccounts(s, AccountFaults::replacingWhateverIsThere)),
    REPLACES_IF_THE_HASH_IS_THE_SAME(
            "s01_replacementHappensOnlyIfTheAccountIsTheExpectedOne",
            (s, b, p) -> withAccounts(s, AccountFaults::replacingOfEqualHash)),
    REPLACEMENT_IN_TWO_STEPS(
            "s01_ofSimultaneousReplacementsOneHappens",
            (s, b, p) -> withAccounts(s, AccountFaults::replacingInTwoSteps)),
    REMOVAL_OF_NOBODY_SUCCEEDS(
            "s01_removingAnUnknownUserIsNotFound", (s, b, p) -> withAccounts(s, AccountFaults::removingNobodyGladly)),
    REMOVAL_TAKES_THE_MAIL(
            "s01_removedAccountIsGoneAndItsMailStays", (s, b, p) -> AccountFaults.removingTheMailToo(s, b)),

    FOLDER_CREATED_BY_LOOKING(
            "s02_unknownFolderOpensEmptyAndStaysUnknown", (s, b, p) -> FolderFaults.creatingByLooking(s, b)),
    USER_CREATED_BY_LOOKING(
            "s02_unknownUserHasNothingAndStaysUnknown", (s, b, p) -> FolderFaults.creatingUsersByLooking(s)),
    UNKNOWN_FOLDER_REFUSED(
            "s02_unknownFolderOpensEmptyAndStaysUnknown", (s, b, p) -> FolderFaults.refusingUnknownFolders(s)),
    UNKNOWN_FOLDER_WRITABLE(
            "s02_unknownFolderOpensEmptyAndStaysUnknown", (s, b, p) -> withMailboxes(s, FolderFaults::alwaysWritable)),
    FOLDERS_LISTED_BACKWARDS("s02_foldersAreOrderedByName", (s, b, p) -> FolderFaults.listingFoldersBackwards(s)),
    EMPTIED_FOLDER_FORGOTTEN(
            "s02_emptiedFolderIsNoUnknownFolder", (s, b, p) -> FolderFaults.forgettingEmptiedFolders(s, b)),

    FOLDER_NAME_IS_A_PATH("s03_allowedNameShowsNobodyElsesMail", (s, b, p) -> FolderFaults.readingNamesAsPaths(s)),
    FOLDERS_FLATTENED("s03_deliveryToAnAllowedNameStaysWithTheUser", (s, b, p) -> FolderFaults.flattening(s)),
    FOLDER_CASE_FOLDED("s03_deliveryToAnAllowedNameStaysWithTheUser", (s, b, p) -> FolderFaults.foldingCase(s)),
    USERS_MIXED_UP("s03_usersOfSimilarNamesHaveTheirOwnMail", (s, b, p) -> FolderFaults.mixingUpUsers(s)),

    OCTETS_COUNT_A_BARE_CR_TWICE(
            "s04_octetsAreThoseOfTheContent",
            (s, b, p) -> withMailboxes(s, ContentFaults::announcingBareReturnsAsLineEnds)),
    OCTETS_OF_THE_FILE(
            "s04_octetsAreThoseOfTheContent", (s, b, p) -> withMailboxes(s, ContentFaults::announcingLineFeedsOnly)),
    NUMBERS_FROM_ZERO(
            "s04_octetsAreThoseOfTheContent", (s, b, p) -> withMailboxes(s, ContentFaults::numberingFromZero)),

    CRLF_SPLIT_AT_BUFFER_EDGES(
            "s05_slicingOfADeliveryDoesNotMatter",
            (s, b, p) -> DeliveryFaults.changing(s, DeliveryFaults::lineEndsSliceBySlice)),
    CRLF_SPLIT_AT_LARGE_BUFFER_EDGES(
            "s05_contentIsWhatWasDelivered",
            (s, b, p) -> DeliveryFaults.changing(s, DeliveryFaults::lineEndsSliceBySlice)),
    FINAL_CRLF_MISSING(
            "s05_contentIsWhatWasDelivered", (s, b, p) -> withMailboxes(s, ContentFaults::withoutTheFinalLineEnd)),
    BARE_CR_IS_A_LINE_END(
            "s05_contentIsWhatWasDelivered",
            (s, b, p) ->
                    DeliveryFaults.changing(s, DeliveryFaults.whole(octets -> Octets.replaced(octets, "\r", "\r\n")))),
    DOTS_STUFFED("s05_contentIsWhatWasDelivered", (s, b, p) -> withMailboxes(s, ContentFaults::stuffingDots)),
    FROM_QUOTED(
            "s05_contentIsWhatWasDelivered",
            (s, b, p) -> DeliveryFaults.changing(
                    s, DeliveryFaults.whole(octets -> Octets.replaced(octets, "\nFrom ", "\n>From ")))),
    FROM_UNQUOTED_TOO_OFTEN(
            "s05_contentIsWhatWasDelivered",
            (s, b, p) -> DeliveryFaults.changing(
                    s, DeliveryFaults.whole(octets -> Octets.replaced(octets, "\n>From ", "\nFrom ")))),
    EIGHTH_BIT_STRIPPED(
            "s05_contentIsWhatWasDelivered",
            (s, b, p) -> DeliveryFaults.changing(s, DeliveryFaults.whole(Octets::withoutEighthBits))),
    NUL_DROPPED(
            "s05_contentIsWhatWasDelivered",
            (s, b, p) -> DeliveryFaults.changing(s, DeliveryFaults.whole(octets -> Octets.replaced(octets, "\0", "")))),
    TRAILING_BLANK_LINES_DROPPED(
            "s05_contentIsWhatWasDelivered",
            (s, b, p) -> DeliveryFaults.changing(s, DeliveryFaults.whole(Octets::withoutTrailingBlankLines))),
    CONTENT_DIFFERS_ON_RE_READ(
            "s05_contentIsTheSameWhenReadAgain", (s, b, p) -> withMailboxes(s, ContentFaults::differentOnReRead)),
    SENDERS_BUFFERS_KEPT(
            "s05_deliveryIsDoneWithABufferBeforeTheNext",
            (s, b, p) -> DeliveryFaults.changing(s, DeliveryFaults::keepingBuffers)),
    ENVELOPE_IN_THE_MAIL("s05_envelopeIsNoContent", (s, b, p) -> DeliveryFaults.keepingTheSenderInTheMail(s)),
    TWINS_DROPPED("s05_differentDeliveriesOfTheSameMessageAreAllKept", (s, b, p) -> DeliveryFaults.droppingTwins(s)),
    DELIVERY_ID_OF_ANOTHER_USER(
            "s05_differentDeliveriesOfTheSameMessageAreAllKept",
            (s, b, p) -> DeliveryFaults.droppingRepeatedIdsOfAnybody(s)),
    DISABLED_USER_GETS_NO_MAIL(
            "s05_mailForADisabledUserIsStillDelivered", (s, b, p) -> DeliveryFaults.refusingMailForTheDisabled(s)),
    DELIVERY_NOT_DURABLE("s05_deliveryIsDurableWhenItCompletes", (s, b, p) -> DeliveryFaults.writingLater(s)),

    RENUMBERED_ON_ARRIVAL(
            "s06_numbersSizesAndContentStayWhateverArrives",
            (s, b, p) -> arriving(s, b, mailbox -> ContentFaults.renumberingOnArrival(mailbox, b.arrivals))),
    SIZES_CHANGE_ON_ARRIVAL(
            "s06_numbersSizesAndContentStayWhateverArrives",
            (s, b, p) -> arriving(s, b, mailbox -> ContentFaults.resizingOnArrival(mailbox, b.arrivals))),
    READING_CUT_SHORT_ON_ARRIVAL(
            "s06_mailArrivingInTheMiddleOfAReadChangesNothing",
            (s, b, p) -> arriving(s, b, mailbox -> ContentFaults.cutShortOnArrival(mailbox, b.arrivals))),

    BUFFERS_TOO_LARGE(
            "s07_everyBufferIsSmallAndNoneIsEmpty", (s, b, p) -> withMailboxes(s, ContentFaults::inOneBuffer)),
    EMPTY_BUFFER(
            "s07_everyBufferIsSmallAndNoneIsEmpty", (s, b, p) -> withMailboxes(s, ContentFaults::withAnEmptyBuffer)),
    MESSAGE_READ_AHEAD(
            "s07_stalledReaderGetsOneSmallBuffer", (s, b, p) -> withMailboxes(s, ContentFaults::readingAhead)),

    DEMAND_IGNORED("s08_noElementBeforeItIsRequested", (s, b, p) -> withMailboxes(s, ContentFaults::ignoringDemand)),
    DEMAND_IGNORED_LATER("s08_demandIsHonouredOneByOne", (s, b, p) -> withMailboxes(s, ContentFaults::ignoringDemand)),
    DEMAND_NOT_MET("s08_demandIsHonouredOneByOne", (s, b, p) -> withMailboxes(s, ContentFaults::underDelivering)),
    LIST_IGNORES_DEMAND("s08_listsHonourDemand", (s, b, p) -> new ForwardingStore(s) {
        @Override
        public Publisher<FolderName> folders(UserName user) {
            return BrokenSubscriptions.ignoringDemand(super.folders(user));
        }
    }),
    EAGER_DELIVERY("s08_nothingHappensBeforeSubscription", (s, b, p) -> DeliveryFaults.eager(s)),
    EAGER_REPLACEMENT(
            "s08_nothingHappensBeforeSubscription", (s, b, p) -> withAccounts(s, AccountFaults::replacingEagerly)),
    EAGER_OPENING("s08_nothingHappensBeforeSubscription", (s, b, p) -> HoldFaults.eager(s)),
    EAGER_RELEASE("s08_nothingHappensBeforeSubscription", (s, b, p) -> withMailboxes(s, ReleaseFaults::eager)),

    BUFFERS_LEAK_ON_CANCEL(
            "s09_contentCancelledAThousandTimesStillReads",
            (s, b, p) -> withMailboxes(s, ContentFaults::leakingOnCancel)),
    CANCELLED_OPENING_HOLDS(
            "s09_cancelledOpeningLeavesTheMailboxFree", (s, b, p) -> HoldFaults.openingWhenCancelled(s)),
    CANCELLED_WAIT_TAKES("s09_cancelledWaitForAMailboxTakesNothing", (s, b, p) -> HoldFaults.openingWhenCancelled(s)),
    CANCELLED_DELIVERY_GOES_ON(
            "s09_cancelledDeliveryCancelsItsSenderAndAddsNothing", (s, b, p) -> DeliveryFaults.goingOnWhenCancelled(s)),
    CANCELLED_DELIVERY_KEPT(
            "s09_cancelledDeliveryCancelsItsSenderAndAddsNothing",
            (s, b, p) -> DeliveryFaults.keepingWhatWasCancelled(s)),

    RELEASE_OF_NOTHING_DELETES(
            "s10_releaseOfNothingChangesNothing",
            (s, b, p) -> withMailboxes(s, ReleaseFaults::deletingWhatWasNotDeleted)),
    RELEASE_DELETES_A_NEIGHBOUR(
            "s10_releaseRemovesExactlyTheDeleted", (s, b, p) -> withMailboxes(s, ReleaseFaults::deletingTheNeighbour)),
    RELEASE_KEEPS_THE_LAST(
            "s10_releaseRemovesExactlyTheDeleted", (s, b, p) -> withMailboxes(s, ReleaseFaults::keepingTheLast)),
    RELEASE_NOT_DURABLE("s10_releaseRemovesExactlyTheDeleted", (s, b, p) -> ReleaseFaults.deletingLater(s, b)),
    RELEASE_UNSEEN_BY_OTHER_NODES(
            "s10_deletionIsSeenByEveryNodeWhenReleaseCompletes", (s, b, p) -> ReleaseFaults.deletingLater(s, b)),
    APPENDED_MAIL_LOST_ON_RELEASE(
            "s10_releaseKeepsMailThatArrivedMeanwhile", (s, b, p) -> ReleaseFaults.losingAppendedMail(s, b)),
    RELEASE_DELETES_IN_THE_INBOX(
            "s10_deletingOneFolderLeavesTheOthers", (s, b, p) -> ReleaseFaults.deletingInTheInboxToo(s, b)),
    DELETED_NUMBERS_NOT_COPIED(
            "s10_deletedNumbersAreCopiedAtTheCall", (s, b, p) -> withMailboxes(s, ReleaseFaults::copyingLate)),
    ANY_NUMBER_ACCEPTED(
            "s10_numberOutOfRangeIsABugAndDeletesNothing",
            (s, b, p) -> withMailboxes(s, ReleaseFaults::acceptingAnyNumber)),
    BAD_NUMBER_ENDS_THE_HOLD(
            "s10_numberOutOfRangeIsABugAndDeletesNothing",
            (s, b, p) -> withMailboxes(s, ReleaseFaults::endingTheHoldOnABug)),

    RELEASE_IN_TWO_STEPS(
            "s11_releaseAgainstATakeoverIsAllOrNothing", (s, b, p) -> ReleaseFaults.deletingInTwoSteps(s, b)),
    RELEASE_DELETES_HALF_AND_FAILS(
            "s11_releaseAgainstATakeoverIsAllOrNothing",
            (s, b, p) -> withMailboxes(s, ReleaseFaults::deletingHalfThenFailing)),
    CANCEL_ABORTS_RELEASE(
            "s11_cancelledReleaseEndsTheHoldByItself", (s, b, p) -> withMailboxes(s, ReleaseFaults::abortedByCancel)),
    FURTHER_RELEASE_IS_ANOTHER(
            "s11_furtherSubscriptionAwaitsTheSameEnd", (s, b, p) -> withMailboxes(s, ReleaseFaults::releasingOnce)),

    READ_MAIL_OF_AN_ABANDONED_MAILBOX_LOST(
            "s12_mailboxThatWasNeverReleasedLosesNothing",
            (s, b, p) -> ReleaseFaults.deletingWhatWasReadAndNotReleased(s, b)),
    UNSUBSCRIBED_RELEASE_DONE_AT_CLOSE(
            "s12_mailboxThatWasNeverReleasedLosesNothing", (s, b, p) -> ReleaseFaults.releasingAtClose(s, b)),

    SECOND_HOLDER_ADMITTED("s13_heldMailboxIsBusy", (s, b, p) -> HoldFaults.admittingASecond(b)),
    SECOND_HOLDER_ADMITTED_AT_THE_SAME_MOMENT(
            "s13_ofSimultaneousOpeningsOneHolds", (s, b, p) -> HoldFaults.admittingASecond(b)),
    SECOND_HOLDER_DELETES_TOO("s13_ofSimultaneousTakeoversOneDeletes", (s, b, p) -> HoldFaults.admittingASecond(b)),
    NEVER_WAITS("s13_openingWaitsForTheHolderToGo", (s, b, p) -> HoldFaults.neverWaiting(b, p)),
    SILENT_HOLDER_STAYS(
            "s13_holderIsTurnedOutOnceItHasBeenSilentForLongEnough", (s, b, p) -> HoldFaults.neverTurningOut(b, p)),
    STALE_TOKEN_DELETES(
            "s13_silentHolderLosesTheMailboxAndCanDeleteNothing", (s, b, p) -> HoldFaults.staleTokenDeletes(s, b)),
    STALE_TOKEN_DELETES_AND_SAYS_BUSY(
            "s13_staleHolderDeletesNothingAfterTheNextOneHasGone",
            (s, b, p) -> HoldFaults.staleTokenDeletesAndSaysBusy(s, b)),
    LOSER_ENDS_THE_HOLD_OF_THE_NEXT(
            "s13_loserEndingDoesNotEndTheHoldOfTheNext", (s, b, p) -> HoldFaults.endingTheHoldOfTheNext(s, b)),
    LOSER_NEVER_TOLD(
            "s13_silentHolderLosesTheMailboxAndCanDeleteNothing",
            (s, b, p) -> withMailboxes(s, HoldFaults::neverTellingTheLoser)),
    RELEASED_IS_LOST("s13_lostStaysSilentAfterARelease", (s, b, p) -> withMailboxes(s, HoldFaults::lostOnRelease)),
    ACTIVITY_IGNORED("s13_holderThatSpeaksKeepsTheMailbox", (s, b, p) -> withMailboxes(s, HoldFaults::deaf)),
    CLOSE_KEEPS_HOLDS("s13_closedStoreGivesUpItsMailboxes", (s, b, p) -> HoldFaults.keepingHoldsWhenClosed(s)),

    UNKNOWN_USER_ACCEPTED(
            "s14_deliveryToAnUnknownUserIsNotFoundAndCreatesNothing",
            (s, b, p) -> DeliveryFaults.acceptingForAnybody(s)),
    REFUSED_MAIL_KEPT(
            "s14_deliveryToAnUnknownUserIsNotFoundAndCreatesNothing",
            (s, b, p) -> DeliveryFaults.keepingRefusedMail(s)),
    IO_EXCEPTION(
            "s14_deliveryToAnUnknownUserIsNotFoundAndCreatesNothing",
            (s, b, p) -> DeliveryFaults.throwingIoExceptions(s)),
    ILLEGAL_STATE_EXCEPTION(
            "s14_messageThatFailsIsAStoreExceptionAndAddsNothing",
            (s, b, p) -> DeliveryFaults.handingOnTheSendersError(s)),
    FAILED_MESSAGE_KEPT(
            "s14_messageThatFailsIsAStoreExceptionAndAddsNothing",
            (s, b, p) -> DeliveryFaults.changing(s, DeliveryFaults::keepingHalves)),
    OPENING_BLOCKS("s14_subscribingToABusyMailboxDoesNotBlock", (s, b, p) -> HoldFaults.blocking(s)),
    DELIVERY_BLOCKS("s14_subscribingToADeliveryDoesNotWaitForTheMessage", (s, b, p) -> DeliveryFaults.blocking(s)),

    QUOTA_IGNORED("s15_deliveryOverTheQuotaIsRefusedAndAddsNothing", (s, b, p) -> QuotaFaults.ignoring(s, b)),
    OVER_QUOTA_IS_NO_SPACE(
            "s15_deliveryOverTheQuotaIsRefusedAndAddsNothing", (s, b, p) -> QuotaFaults.sayingNoSpace(s)),
    MAIL_OVER_QUOTA_KEPT(
            "s15_deliveryOverTheQuotaIsRefusedAndAddsNothing", (s, b, p) -> QuotaFaults.keepingWhatIsRefused(s, b)),
    MAIL_OVER_QUOTA_DROPPED(
            "s15_deliveryOverTheQuotaIsRefusedAndAddsNothing", (s, b, p) -> QuotaFaults.droppingQuietly(s)),
    QUOTA_OF_OCTETS_AS_DELIVERED(
            "s15_octetsCountAsOnTheWire", (s, b, p) -> QuotaFaults.countingOctetsAsDelivered(s, b)),
    QUOTA_OF_EACH_FOLDER("s15_allFoldersCount", (s, b, p) -> QuotaFaults.countingTheFolder(s, b)),
    DELETED_MAIL_COUNTED("s15_deletedMailMakesRoom", (s, b, p) -> QuotaFaults.countingArrivals(s, b)),
    QUOTA_CHECKED_BEFORE_THE_DELIVERY(
            "s15_ofSimultaneousDeliveriesAsManyAreAcceptedAsThereIsRoomFor",
            (s, b, p) -> QuotaFaults.checkingBefore(s, b)),
    USAGE_OF_THE_INBOX("s15_usageIsThatOfAllFolders", (s, b, p) -> QuotaFaults.usingTheInbox(s)),
    QUOTA_DELETES("s15_loweredQuotaDeletesNothing", (s, b, p) -> QuotaFaults.makingRoom(s, b));

    private interface Breaking {
        MailStore broken(MailStore healthy, Bench bench, HoldPolicy policy);
    }

    private interface MailboxBreaking {
        Mailbox broken(Mailbox healthy);
    }

    private final String noticedBy;
    // a lambda that captures nothing
    @SuppressWarnings("ImmutableEnumChecker")
    private final Breaking breaking;

    Fault(String noticedBy, Breaking breaking) {
        this.noticedBy = noticedBy;
        this.breaking = breaking;
    }

    /** The test of the contract that has to fail. */
    String noticedBy() {
        return noticedBy;
    }

    /** The rule that is broken: {@code s10}. */
    String rule() {
        return noticedBy.substring(0, 3);
    }

    MailStore storage(Bench bench, HoldPolicy policy) {
        return breaking.broken(bench.healthy(policy), bench, policy);
    }

    /** Counts what arrives. */
    private static MailStore arriving(MailStore healthy, Bench bench, MailboxBreaking breaking) {
        return new ForwardingStore(withMailboxes(healthy, breaking::broken)) {
            @Override
            public Publisher<Void> deliver(UserName user, FolderName folder, Message message) {
                return Mono.from(super.deliver(user, folder, message))
                        .doOnSuccess(done -> bench.arrivals.incrementAndGet());
            }
        };
    }
}
