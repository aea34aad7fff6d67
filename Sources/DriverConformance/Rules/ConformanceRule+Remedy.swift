// A table of the 80 rules: longer than other files, and in one place, to be compared with the specification.
extension ConformanceRule {
    /// What a driver that breaks the rule does about it, as a rule.
    public var remedy: String {
        switch self {
        case .reply:
            "Print the reply once, whole, and flush it; send every other word, also those of tools that you "
                + "run, to standard error; answer also when you fail."
        case .exitStatus: "Choose the exit status where you print the reply, by its status."
        case .replyShape:
            "Compare the reply with the table of the reply, and with the example of the verb."
        case .replyCallID:
            "Copy callID from the request that you answer, or leave it out if you run once per call."
        case .unknownMembers: "Pick what you need from the request; do not refuse the rest."
        case .malformedRequest:
            "Parse all of the input before anything else, and check each member's type where you read it."
        case .unknownVerb:
            "Answer Not supported in the default branch of your choice of verbs, and exit with 1."
        case .largeRequest: "Read standard input to its end before you parse it."
        case .timeLimit:
            "Give every wait for the backend a deadline; answer Pending for what takes longer."
        case .repeatable:
            "Look for what the name stands for before you make it, and answer with what you find."
        case .simultaneous:
            "Take a lock (flock(2)) on the volume, or create with an operation that fails where something "
                + "exists, and look then."
        case .residentAnswer: "Flush standard output after each line; do not wait for more input."
        case .residentInFlight: "Keep the callID with the work, and write each line with one write."
        case .residentBadLine: "Catch the errors of parsing a line, and go on with the next."
        case .residentCancel:
            "Treat cancel as a hint for the call that it names, and answer that with whatever came of it."
        case .residentEnd: "At end of file, wait for your workers before you exit."
        case .residentRestart: "Keep what you must know in the backend or in files, not in memory."
        case .errorShape:
            "Use one of the codes of section 6, and say what was tried, on what, what was found, and what to "
                + "do."
        case .notFound: "Look the volume up first, and answer NOT_FOUND where there is none."
        case .initAnswers: "Answer init before you look at the configuration or the backend."
        case .initConstant: "Leave the time, process ids and the state of the backend out of info."
        case .initConsistent: "Correct the member that the finding names."
        case .initSchema: "Correct the schema at the path that the finding names."
        case .initOffered: "Remove the verb from capabilities, or offer it."
        case .status:
            "Do what the driver's message says; for a driver that needs a configuration, check it by the name "
                + "under which drivers.json has it."
        case .names:
            "Where the backend allows less, derive its name from the volume's, with a digest, and note the "
                + "volume's name beside it."
        case .unsafeNames:
            "Match the name against ^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$ before you use it, in every verb."
        case .ownerList: "Store the request's owner with each volume, and compare it in list."
        case .ownerForeign:
            "Compare the stored owner with the request's before you return, change or delete a volume."
        case .validateMakesNothing: "Run the checks of provision, and stop before its first change."
        case .validateAgrees: "Let validate and provision call the same function for their checks."
        case .provisionAnswers: "Answer with the size that was really made."
        case .distinctVolumes: "Derive everything that must be unique from the whole name."
        case .otherArguments:
            "Store the arguments with the volume, and compare them before you answer with it."
        case .roundedSize:
            "Round up, never down, and answer with the result; correct allocationUnitBytes and minimumBytes "
                + "of init if they are not what you do."
        case .impossibleSize:
            "Compare the rounded size with limitBytes and with maximumBytes before you make anything."
        case .unknownParameter: "Go through the given parameters and refuse those that you do not know."
        case .wrongParameter:
            "Check each value as the schema says, before you make anything; name the parameter in the field."
        case .listedParameter: "Let the schema and the check name the same values."
        case .otherMode: "Compare volume.accessModes and volume.volumeMode with what init says."
        case .namedMode: "Remove from init what you do not support."
        case .deleted: "Answer delete after the volume is gone; remove its mark last."
        case .deleteTwice: "Take the absence of the volume for success."
        case .deleteByName: "Store the volume's name in the backend, as a tag or in the mark."
        case .deleteOnlyThat:
            "Find the volume by its name, and check that it has the id; never build a path from the id."
        case .getAgrees: "Read both from where provision and expandvolume store them."
        case .listComplete: "Store the volume's name in the backend, and answer it in list."
        case .listPages:
            "Sort the volumes, and let the token say after which one the next page begins; an offset shifts "
                + "when a volume goes."
        case .listToken: "Give tokens a form that you can check, and answer ABORTED to every other."
        case .expandGrows: "Store the new size when it is reached; finish a growth that was interrupted."
        case .expandNeverShrinks: "Compare with the present size first, and answer with it."
        case .expandBounds: "Check the rounded size against limitBytes and maximumBytes, as for provision."
        case .capacity: "Check the parameters as provision does."
        case .modifyChecks: "Check mutableParameters against what init says before you change anything."
        case .statsAddUp: "Measure the volume, not the disk beneath it; leave out what you do not know."
        case .snapshotRepeatable: "Look for the snapshot of that name before you take one."
        case .snapshotOtherVolume: "Compare the source volume of the snapshot that you find."
        case .snapshotDelete: "Take the absence of the snapshot for success."
        case .snapshotList: "Filter by the volume's id where one is given."
        case .contentCopied:
            "Copy the content before you answer, and return contentSource and the size that was made."
        case .contentSourceMissing:
            "Look the source up before you make anything; refuse contentSource if you do not offer restore or "
                + "clone."
        case .attachTwice: "Ask the backend what is attached where, before and after."
        case .mountTwice:
            "Look into /proc/self/mountinfo first, and take what is done already for success."
        case .mountKeepsData: "Mount the volume itself, and make a file system only where there is none."
        case .mountReadOnly: "Pass ro to mount(8)."
        case .killedProvision:
            "Write the mark before you make the volume, make things whole before they get their name, and "
                + "clean up what a killed call left."
        case .killedDelete: "Remove the mark last, and go on where something is missing already."
        case .killedThenDeleted: "Let delete find and remove what is half made, too."
        case .replyVersion: "Write \"protocol\": \"1.0\"."
        case .requestVersion: "Compare the part of protocol before the dot."
        case .termination: "Do not ignore SIGTERM; where you catch it, stop what you do and exit."
        case .secrets:
            "Pass secrets to tools on their standard input or in a file of mode 0600; do not print requests, "
                + "nor commands as a shell with -x does."
        case .flexVolumeInit: "Answer init before you look for tools, servers or configuration."
        case .flexVolumeReply:
            "Print the reply once; send every other word, also those of tools that you run, to standard error or a file."
        case .flexVolumeExitStatus: "Choose the exit status where you print the reply: 0 with Success."
        case .flexVolumeUnknownCall:
            "Print {\"status\": \"Not supported\"} in the default branch of your choice of calls."
        case .flexVolumeTimeLimit: "Give every wait a limit, and answer Failure when it passes."
        case .flexVolumeAttachTwice: "Look for what is attached first, and take what is done already for success."
        case .flexVolumeMountTwice:
            "Look whether the directory is a mount point first, and take what is done already for success."
        case .flexVolumeSecrets: "Do not print your arguments, nor commands as a shell with -x does."
        }
    }
}
