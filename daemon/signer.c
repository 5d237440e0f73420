/*
 * signer.c - holds the Ed25519 key and answers "sign this head": the one role that reads the key,
 * and it reads nothing else.
 *
 * Message: 1 to 4,096 bytes of text; answer: 64 bytes of signature (RFC 8032), or nothing for a
 * refusal.
 */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "daemon/log.h"
#include "daemon/roles.h"

#define MESSAGE_MAX 4096u

static EVP_PKEY *
read_key(const char *path)
{
	FILE *f = fopen(path, "re");
	EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;

	if (f)
		fclose(f);
	return key;
}

/* The private key is created readable by its owner alone, and never overwritten. */
static int
make_key(const char *private_path, const char *public_path, EVP_PKEY **ret)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	int fd = open(private_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
	bool good = key && f && PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);

	if (f)
		good = fflush(f) == 0 && fsync(fd) == 0 && fclose(f) == 0 && good;
	f = good ? fopen(public_path, "we") : NULL;
	good = good && f && PEM_write_PUBKEY(f, key) && fchmod(fileno(f), 0444) == 0;
	if (f)
		good = fclose(f) == 0 && good;
	if (!good) {
		EVP_PKEY_free(key);
		return -1;
	}
	*ret = key;
	return 0;
}

static bool
sign(EVP_PKEY *key, const unsigned char *text, size_t n, unsigned char out[64])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t len = 64;
	bool good = md && EVP_DigestSignInit(md, NULL, NULL, NULL, key) == 1 &&
		    EVP_DigestSign(md, out, &len, text, n) == 1 && len == 64;

	EVP_MD_CTX_free(md);
	return good;
}

static void
serve(const struct role_context *c, EVP_PKEY *key)
{
	int fd = c->house->signer_fd[1];

	for (;;) {
		struct pollfd p[2] = {{.fd = fd, .events = POLLIN},
			{.fd = c->house->stop_fd[ROLE_SIGNER], .events = POLLIN}};
		unsigned char text[MESSAGE_MAX], signature[64];
		ssize_t n;

		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return;
		if (p[1].revents)
			return;
		if (!(p[0].revents & POLLIN))
			continue;
		n = recv(fd, text, sizeof(text), 0);
		if (n <= 0)
			return;
		if (sign(key, text, (size_t)n, signature))
			send(fd, signature, sizeof(signature), MSG_NOSIGNAL);
		else
			send(fd, "", 0, MSG_NOSIGNAL);
	}
}

_Noreturn void
role_signer(const struct role_context *c)
{
	const struct settings *s = c->brain->settings;
	struct buf private_path = {0}, public_path = {0};
	EVP_PKEY *key;

	role_begin(c, ROLE_SIGNER);
	buf_printf(&private_path, "%.*s/keys/seal.key", STR_ARG(s->data));
	buf_printf(&public_path, "%.*s/keys/seal.pub", STR_ARG(s->data));
	key = read_key(buf_z(&private_path));
	if (!key && (access(private_path.p, F_OK) == 0 ||
			    make_key(private_path.p, buf_z(&public_path), &key) < 0)) {
		log_line(c->house->log_fd, LOG_LINE_ERROR, "signer",
			"cannot read or create the key %s: %s; it must belong to the signer's "
			"user, mode 0400",
			private_path.p, strerror(errno));
		_exit(ROLE_EXIT_CONFIG);
	}
	atomic_fetch_or(&c->house->s->ready, 1u << ROLE_SIGNER);
	serve(c, key);
	EVP_PKEY_free(key);
	_exit(0);
}
