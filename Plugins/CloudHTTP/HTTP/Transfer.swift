import CCurl
import Glibc

/// One request on its way, as libcurl's easy handle.
///
/// `@unchecked Sendable`: `isGivenUp` and `continuation` are set while ``TransferLoop``'s lock is held; everything else
/// that changes is touched by the loop's thread alone, from ``begin(in:)`` to ``end(_:in:)``.
final class Transfer: @unchecked Sendable {
    typealias Outcome = Result<HTTPReply, HTTPFailure>

    enum Ending {
        case done(CURLcode)
        case givenUp
    }

    let request: HTTPRequest
    var isGivenUp = false
    var continuation: CheckedContinuation<Outcome, Never>?
    private(set) var handle: UnsafeMutableRawPointer?

    private let deadline: ContinuousClock.Instant?
    private let configuration: HTTPClient.Configuration
    private var fields: UnsafeMutablePointer<curl_slist>?
    private let errorText: UnsafeMutablePointer<CChar>
    /// How often libcurl was about to send the request.
    private var sendings = 0
    private var isTooLong = false
    private var headers = HTTPHeaders()
    private var body: [UInt8] = []

    init(_ request: HTTPRequest, deadline: ContinuousClock.Instant?, _ configuration: HTTPClient.Configuration) {
        self.request = request
        self.deadline = deadline
        self.configuration = configuration
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit { errorText.deallocate() }

    /// - Returns: The handle, in `multi` now; `nil` where the transfer has ended already.
    func begin(in multi: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        let timeouts = request.timeouts ?? configuration.timeouts
        let left = deadline.map { $0 - .now } ?? .seconds(86_400)
        guard left > .zero else {
            resume(.failure(failure(.deadline, "the call's deadline came before it was sent")))
            return nil
        }
        guard let handle = curl_easy_init() else {
            resume(.failure(failure(.notSent, "libcurl has no memory left")))
            return nil
        }
        self.handle = handle
        setTarget(handle)
        setContent(handle)
        setCallbacks(handle)
        ccurl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, min(timeouts.connect, left).wholeMilliseconds)
        ccurl_set_long(handle, CURLOPT_TIMEOUT_MS, min(timeouts.whole, left).wholeMilliseconds)
        ccurl_set_long(handle, CURLOPT_LOW_SPEED_LIMIT, 1)
        ccurl_set_long(handle, CURLOPT_LOW_SPEED_TIME, max(1, Int(timeouts.silence.components.seconds)))
        let status = curl_multi_add_handle(multi, handle)
        guard status == CURLM_OK else {
            release()
            let reason = curl_multi_strerror(status).map { String(cString: $0) } ?? "error \(status.rawValue)"
            resume(.failure(failure(.notSent, "libcurl does not take it: \(reason)")))
            return nil
        }
        return handle
    }

    /// Takes the handle out of `multi` and hands over what came of it.
    func end(_ ending: Ending, in multi: UnsafeMutableRawPointer) {
        guard let handle else { return }
        let outcome = outcome(ending, handle)
        curl_multi_remove_handle(multi, handle)
        release()
        resume(outcome)
    }

    func failure(_ kind: HTTPFailure.Kind, _ reason: String) -> HTTPFailure {
        HTTPFailure(kind, mayHaveArrived: kind == .lost || sendings > 0, "\(request): \(reason)")
    }

    private func outcome(_ ending: Ending, _ handle: UnsafeMutableRawPointer) -> Outcome {
        guard case .done(let code) = ending else {
            return .failure(failure(.cancelled, "was given up\(sendings > 0 ? " while its reply was awaited" : "")"))
        }
        if code == CURLE_OK {
            var status = 0
            ccurl_get_long(handle, CURLINFO_RESPONSE_CODE, &status)
            return .success(HTTPReply(status: status, headers: headers, body: body))
        }
        let kind: HTTPFailure.Kind
        if code == CURLE_OPERATION_TIMEDOUT, let deadline, deadline - .now < .milliseconds(20) {
            kind = .deadline
        } else {
            kind = sendings > 0 ? .lost : .notSent
        }
        return .failure(failure(kind, reason(code)))
    }

    private func reason(_ code: CURLcode) -> String {
        if isTooLong { return "the reply is longer than \(request.maximumReplyBytes) bytes" }
        if code == CURLE_ABORTED_BY_CALLBACK { return "the connection broke before there was a reply" }
        let text = String(cString: errorText)
        let reason = text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
        let advice =
            switch code {
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
                "; check the endpoint's name, and this machine's resolver"
            case CURLE_COULDNT_CONNECT: "; check that the endpoint is right and can be reached from this machine"
            case CURLE_PEER_FAILED_VERIFICATION:
                "; the certificate must be for that host, and from an authority that this machine trusts"
            default: ""
            }
        return reason + advice
    }

    private func resume(_ outcome: Outcome) {
        continuation?.resume(returning: outcome)
        continuation = nil
    }

    private func release() {
        if let handle { curl_easy_cleanup(handle) }
        handle = nil
        curl_slist_free_all(fields)
        fields = nil
    }
}

extension Transfer {
    private func setTarget(_ handle: UnsafeMutableRawPointer) {
        // No signals and no waiting for a resolver's thread: this thread serves the other transfers too.
        ccurl_set_long(handle, CURLOPT_NOSIGNAL, 1)
        ccurl_set_long(handle, CURLOPT_QUICK_EXIT, 1)
        ccurl_set_string(handle, CURLOPT_URL, request.url)
        // Signatures cover the path as it is.
        ccurl_set_long(handle, CURLOPT_PATH_AS_IS, 1)
        ccurl_set_string(handle, CURLOPT_PROTOCOLS_STR, request.endpoint.scheme.rawValue)
        ccurl_set_long(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        ccurl_set_long(handle, CURLOPT_TCP_KEEPALIVE, 1)
        // Servers and load balancers close what is idle for a minute or so: what is about to be closed is not used.
        ccurl_set_long(handle, CURLOPT_MAXAGE_CONN, 30)
        ccurl_set_long(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        if request.endpoint.isLoopback || request.endpoint.isMetadataService {
            ccurl_set_string(handle, CURLOPT_PROXY, "")
        }
        guard request.endpoint.scheme == .https else { return }
        ccurl_set_long(handle, CURLOPT_PIPEWAIT, 1)
        ccurl_set_long(handle, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        if let file = configuration.certificateAuthorities ?? getenv("SSL_CERT_FILE").map({ String(cString: $0) }) {
            ccurl_set_string(handle, CURLOPT_CAINFO, file)
            ccurl_set_string(handle, CURLOPT_CAPATH, nil)
        } else if let directory = CurlLibrary.hashedCertificates {
            ccurl_set_string(handle, CURLOPT_CAINFO, nil)
            ccurl_set_string(handle, CURLOPT_CAPATH, directory)
        }
    }

    private func setContent(_ handle: UnsafeMutableRawPointer) {
        switch request.method {
        case .head: ccurl_set_long(handle, CURLOPT_NOBODY, 1)
        case .get where request.body.isEmpty: break
        default:
            if request.method == .post || request.method == .put || request.method == .patch || !request.body.isEmpty {
                ccurl_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
                request.body.withUnsafeBytes { bytes in
                    // Of an empty body too, there must be an address: nil would ask for a read callback.
                    var nothing: UInt8 = 0
                    let start = bytes.baseAddress
                    withUnsafePointer(to: &nothing) { empty in
                        _ = ccurl_set_pointer(handle, CURLOPT_COPYPOSTFIELDS, start ?? UnsafeRawPointer(empty))
                    }
                }
            }
            ccurl_set_string(handle, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
        for field in request.headers.fields {
            // "Name;" is how libcurl is told to send a header without a value.
            append(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        if request.headers["Content-Type"] == nil { append("Content-Type:") }
        append("Expect:")
        ccurl_set_list(handle, CURLOPT_HTTPHEADER, fields)
        ccurl_set_string(handle, CURLOPT_USERAGENT, configuration.userAgent)
    }

    private func append(_ line: String) {
        // On failure the list is as it was; without the header, the server will say what it lacks.
        if let longer = curl_slist_append(fields, line) { fields = longer }
    }

    private func setCallbacks(_ handle: UnsafeMutableRawPointer) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        ccurl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText)
        ccurl_set_callback(handle, CURLOPT_WRITEFUNCTION) { data, size, count, context in
            guard let data, let context else { return 0 }
            let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
            return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().receive(bytes) ? size * count : 0
        }
        ccurl_set_pointer(handle, CURLOPT_WRITEDATA, context)
        ccurl_set_callback(handle, CURLOPT_HEADERFUNCTION) { data, size, count, context in
            guard let data, let context else { return 0 }
            let bytes = UnsafeRawBufferPointer(start: data, count: size * count)
            Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().receiveHeader(bytes)
            return size * count
        }
        ccurl_set_pointer(handle, CURLOPT_HEADERDATA, context)
        ccurl_set_request_callback(handle, CURLOPT_PREREQFUNCTION) { context, _, _, _, _ in
            guard let context else { return CURL_PREREQFUNC_ABORT }
            let mayBeSent = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().willSend()
            return mayBeSent ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
        }
        ccurl_set_pointer(handle, CURLOPT_PREREQDATA, context)
    }

    /// libcurl sends a request again by itself when a connection that was kept breaks before a byte of the reply. The
    /// server may have carried it out by then, so this is only for those that may be repeated.
    private func willSend() -> Bool {
        guard sendings == 0 || request.isRepeatable else { return false }
        sendings += 1
        return true
    }

    private func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard body.count + bytes.count <= request.maximumReplyBytes else {
            isTooLong = true
            return false
        }
        body.append(contentsOf: bytes)
        return true
    }

    /// One line of a header, with its end. libcurl itself bounds a line (100 KiB) and all of them (300 KiB).
    private func receiveHeader(_ bytes: UnsafeRawBufferPointer) {
        let line = String(decoding: bytes, as: UTF8.self)
        // A status line: what came before belonged to an interim reply, as 100.
        if line.hasPrefix("HTTP/") { headers = HTTPHeaders() }
        guard let colon = line.firstIndex(of: ":") else { return }
        headers.add(String(line[..<colon]), line[line.index(after: colon)...].trimmedOfSpace)
    }
}

extension Duration {
    /// At least 1: to libcurl, 0 is no limit.
    fileprivate var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        return max(1, Int(min(seconds, 1_000_000)) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}
