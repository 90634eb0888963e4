internal import Bytes

extension Kind where Value == ConfiguredSecret {
    /// A secret, in place or in a file. One final line break is not part of it: editors and `echo` add one.
    static func secret(visibleASCII: Bool = false) -> Kind {
        Kind(shape: .scalar, isSecret: true, isRedacted: true) { raw, reading in
            guard case .scalar(let scalar) = raw else { return nil }
            switch scalar.content {
            case .text(let text):
                return checked(Array(text.utf8), .inline, visibleASCII, scalar.origin, &reading)
            case .secretFile(let path):
                guard let bytes = reading.contents(of: path, scalar.origin) else { return nil }
                return checked(bytes, .file(path: path), visibleASCII, scalar.origin, &reading)
            }
        }
    }

    private static func checked(
        _ text: [UInt8], _ source: SecretSource, _ visibleASCII: Bool, _ origin: Origin, _ reading: inout Reading
    ) -> ConfiguredSecret? {
        let bytes = SecretFile.withoutLineBreak(text)
        let complaint: String? =
            if !SecretFile.hasContent(bytes), !text.isEmpty {
                "expected a secret that is more than blanks and line breaks"
            } else if visibleASCII, !bytes.allSatisfy({ (0x21...0x7E).contains($0) }) {
                "expected visible ASCII characters only"
            } else if bytes.contains(0) {
                "expected a secret without NUL"
            } else { nil }
        if let complaint {
            reading.fail(origin, complaint)
            return nil
        }
        return ConfiguredSecret(value: Secret(copying: bytes.span), source: source)
    }
}

extension Kind where Value == ConfiguredFile {
    /// The path of a file with certificates in PEM form.
    static var certificates: Kind {
        let file = file
        return Kind(shape: .scalar) { raw, reading in
            let before = reading.mistakes.count
            guard let found = file.read(raw, &reading), reading.mistakes.count == before else { return nil }
            // Of a value that another one overrides nothing was read.
            guard reading.readFile == nil || found.anchors != nil else {
                reading.fail(raw.origin, "expected a file with one or more certificates in PEM form")
                return nil
            }
            return found
        }
    }

    /// The path of a file that must be there.
    static var file: Kind {
        Kind(shape: .scalar) { raw, reading in
            guard case .scalar(let scalar) = raw, let path = scalar.text else { return nil }
            guard isPrintable(path) else {
                reading.fail(scalar.origin, "expected a file's path")
                return nil
            }
            return reading.contents(of: path, scalar.origin).map {
                ConfiguredFile(path: path, contents: Secret(copying: $0.span))
            }
        }
    }
}
