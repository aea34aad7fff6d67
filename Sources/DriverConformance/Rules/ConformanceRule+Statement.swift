// A table of the 80 rules: longer than other files, and in one place, to be compared with the specification.
extension ConformanceRule {
    /// What the rule asks for, in a clause.
    public var statement: String {
        switch self {
        case .reply: "standard output carries one JSON object, the reply, and nothing else"
        case .exitStatus:
            "the exit status is 0 with Success and Pending, another with Failure and Not supported"
        case .replyShape:
            "a reply has the members, types and bounds of the specification, and what its verb must answer "
                + "with"
        case .replyCallID: "callID in a reply is the request's"
        case .unknownMembers: "members of a request that the driver does not know are ignored"
        case .malformedRequest:
            "input that is no request is a Failure with INVALID_ARGUMENT, and nothing is made"
        case .unknownVerb:
            "a verb that the driver does not know, or does not offer, is answered Not supported"
        case .largeRequest: "requests of up to 4 MiB are read"
        case .timeLimit: "a call ends within its timeoutSeconds"
        case .repeatable: "every verb that changes something can be asked again, with the same answer"
        case .simultaneous:
            "the same call at the same moment, by another process, is answered as if alone, or ABORTED"
        case .residentAnswer: "a resident driver answers each request with one line, as soon as it is done"
        case .residentInFlight: "several requests may be in flight to a resident driver; each is answered once"
        case .residentBadLine: "a line that is no request does not end a resident driver"
        case .residentCancel:
            "a call that is given up is answered all the same; a cancellation of an unknown call is ignored"
        case .residentEnd:
            "at the end of its input a resident driver finishes and answers the calls in flight, and exits "
                + "with 0"
        case .residentRestart:
            "a resident driver ends on SIGTERM within 2 s, and knows after a restart what it answered before"
        case .errorShape: "a failure carries a code of the specification and a message for people"
        case .notFound: "what is asked about a volume or snapshot that does not exist is NOT_FOUND"
        case .initAnswers:
            "init succeeds without storage behind it and without a configuration, within 5 s"
        case .initConstant: "init answers the same each time"
        case .initConsistent: "what init declares holds together"
        case .initSchema:
            "parameters of init is a schema of the words that the specification lists, whose defaults it "
                + "allows itself"
        case .initOffered: "each verb that init declares is offered"
        case .status: "status answers Success, or a Failure that says why not"
        case .names:
            "every name of 1 to 63 of [a-z0-9.-] that begins and ends with a letter or digit is taken"
        case .unsafeNames: "a name that is none is refused with INVALID_ARGUMENT"
        case .ownerList: "list gives what carries the owner's mark, and nothing else"
        case .ownerForeign: "what carries another owner's mark is left alone"
        case .validateMakesNothing: "validate makes nothing"
        case .validateAgrees: "validate refuses what provision refuses, with the same code, and nothing else"
        case .provisionAnswers:
            "a success of provision has a volume of at least capacityBytes and at most limitBytes, with id "
                + "and volumeSource"
        case .distinctVolumes: "volumes of different names are different volumes"
        case .otherArguments:
            "the name with other arguments is ALREADY_EXISTS, and leaves the volume as it is"
        case .roundedSize: "sizes are rounded up to the allocation unit and to the smallest size"
        case .impossibleSize:
            "a size that cannot be made within the bounds is OUT_OF_RANGE, and nothing is made"
        case .unknownParameter:
            "a parameter that the schema does not have is INVALID_ARGUMENT, with parameters.<name> as the "
                + "field"
        case .wrongParameter:
            "a value that the schema does not allow, or the absence of a required parameter, is "
                + "INVALID_ARGUMENT"
        case .listedParameter:
            "every value that the schema lists, and every default, is one that the driver knows"
        case .otherMode: "an access mode or volume mode that init does not name is INVALID_ARGUMENT"
        case .namedMode: "every access mode and volume mode that init names can be had"
        case .deleted: "what is deleted is gone: get answers NOT_FOUND, and list does not have it"
        case .deleteTwice: "a second delete succeeds, and so does one of what never was"
        case .deleteByName: "without id and context, delete finds the volume by its name"
        case .deleteOnlyThat:
            "delete deletes nothing but the volume of that name, whatever id and context say"
        case .getAgrees:
            "get answers with the id and the size that provision answered with, or that it has grown to"
        case .listComplete:
            "list has every volume of the owner, once, with its name and the id of provision"
        case .listPages:
            "a page has at most maxEntries, and the pages together are complete, whatever comes and goes "
                + "meanwhile"
        case .listToken: "a token that the driver does not know is ABORTED"
        case .expandGrows:
            "expandvolume makes the volume as large as asked, keeps its data, and get says so"
        case .expandNeverShrinks: "a size that the volume has already is a success and changes nothing"
        case .expandBounds: "a size to which the volume cannot grow is OUT_OF_RANGE"
        case .capacity:
            "capacity answers for the parameters with which volumes can be made, and refuses unknown ones"
        case .modifyChecks:
            "a mutable parameter that init does not have, or a value that it does not allow, is "
                + "INVALID_ARGUMENT"
        case .statsAddUp: "what is used and what is available is not more than the total"
        case .snapshotRepeatable:
            "createsnapshot names its source volume's id, and gives the same snapshot when asked again"
        case .snapshotOtherVolume: "the name of a snapshot of another volume is ALREADY_EXISTS"
        case .snapshotDelete:
            "deleting a snapshot twice, or one that never was, succeeds; it is gone from the list"
        case .snapshotList:
            "listsnapshots has every snapshot of the owner, with its name; with volume, those of that volume"
        case .contentCopied:
            "a volume made from a snapshot or a volume begins with its content, is as large, and is on its "
                + "own"
        case .contentSourceMissing:
            "a content source that does not exist is NOT_FOUND, one of a kind that is not offered "
                + "INVALID_ARGUMENT"
        case .attachTwice: "attaching and detaching twice succeeds, and isattached tells the truth"
        case .mountTwice:
            "mounting twice succeeds, and so does unmounting twice, or what was never mounted"
        case .mountKeepsData:
            "what is written to a mounted volume is there when it is mounted again, and not at the target in "
                + "between"
        case .mountReadOnly: "with readOnly nothing can be written"
        case .killedProvision:
            "after a provision that was killed at any moment, the same call again succeeds, and there is one "
                + "volume"
        case .killedDelete:
            "after a delete that was killed at any moment, delete again succeeds, and nothing is left"
        case .killedThenDeleted:
            "after a provision that was killed at any moment, delete by name succeeds, and nothing is left"
        case .replyVersion: "replies are written in a version that the driver lists"
        case .requestVersion:
            "a request in a higher minor version is served; one in another major version is INVALID_ARGUMENT"
        case .termination: "SIGTERM ends a call within 2 s"
        case .secrets:
            "the values of secrets stand neither on standard output nor on standard error, nor in the "
                + "arguments or the environment of a process"
        case .flexVolumeInit: "init answers Success within 5 s, with nothing set up but the executable"
        case .flexVolumeReply: "standard output carries one JSON object with FlexVolume's members, and nothing else"
        case .flexVolumeExitStatus: "Success ends with exit status 0"
        case .flexVolumeUnknownCall: "a call that the driver does not know is answered Not supported"
        case .flexVolumeTimeLimit: "a call ends in its time, whatever its options hold"
        case .flexVolumeAttachTwice: "attaching twice succeeds, with the same device, and so does detaching twice"
        case .flexVolumeMountTwice:
            "mounting twice succeeds, and so does unmounting twice, or what was never mounted"
        case .flexVolumeSecrets: "no secret is written to standard output or standard error"
        }
    }
}
